/**
 * What the shop sells. Prices are integers in fen (1 yuan = 100 fen), and this
 * file is the only place a price comes from: a total_fee that arrives in a
 * request is ignored.
 *
 * `body` is what the buyer reads in WeChat, written shop-goods as the document
 * asks (at most 128 bytes, unifiedorder).
 */
export const catalogue = [
  {
    product_id: 'longjing-50',
    name: { zh: '明前龙井', en: 'Longjing' },
    about: { zh: '杭州 · 春茶 · 50 克', en: 'Hangzhou · spring picking · 50 g' },
    body: '半日茶-明前龙井50克',
    total_fee: 6800,
  },
  {
    product_id: 'lapsang-50',
    name: { zh: '正山小种', en: 'Lapsang Souchong' },
    about: { zh: '武夷山 · 松烟红茶 · 50 克', en: 'Wuyi · black tea over pine smoke · 50 g' },
    body: '半日茶-正山小种50克',
    total_fee: 4850,
  },
  {
    product_id: 'yinzhen-25',
    name: { zh: '白毫银针', en: 'Silver Needle' },
    about: { zh: '福鼎 · 白茶 · 25 克', en: 'Fuding · white tea · 25 g' },
    body: '半日茶-白毫银针25克',
    total_fee: 9600,
  },
  {
    product_id: 'sample',
    name: { zh: '一分茶样', en: 'One-fen sample' },
    about: { zh: '三克 · 试一次真实付款', en: '3 g · to try one real payment' },
    body: '半日茶-茶样3克',
    total_fee: 1,
  },
]

/** The product with this id, or undefined. */
export function findProduct(products, product_id) {
  return products.find((product) => product.product_id === product_id)
}

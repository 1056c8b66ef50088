/** Every word of the page, in two languages. */
const words = {
  zh: {
    shop: '半日茶',
    motto: '偷得浮生半日闲',
    list: '茶单',
    note: '给店家留言（可不填）',
    buy: '购买',
    receipt: '账单',
    hint: '选一样茶，付款码会出现在这里。',
    scan: '用微信扫一扫付款',
    open: '打开付款页',
    again: '再买一样',
    footer: '演示店铺：价格由服务器决定，付款以通知或查询为准。',
    qr: '付款二维码',
    NOTPAY: '等待付款',
    USERPAYING: '付款中',
    SUCCESS: '已付款',
    REFUND: '已退款',
    CLOSED: '已关闭',
    REVOKED: '已撤销',
    PAYERROR: '付款失败',
    lost: '连接中断，正在重试',
    expired: '付款码已过期，请重新下单',
    number: '单号',
    attach: '留言',
    transaction: '微信单号',
    time: '付款时间',
    orderFailed: '下单没有成功，请再试一次。',
    listFailed: '茶单没有取到，请刷新页面。',
  },
  en: {
    shop: 'Half-Day Tea',
    motto: 'half a day, stolen from a busy life',
    list: 'Teas',
    note: 'A note for the shop (optional)',
    buy: 'Buy',
    receipt: 'Bill',
    hint: 'Choose a tea. The code to pay with appears here.',
    scan: 'Scan with WeChat to pay',
    open: 'Open the pay page',
    again: 'Buy another',
    footer: 'A demo shop: the server decides the price; only a notification or a query proves a payment.',
    qr: 'QR code to pay',
    NOTPAY: 'Waiting for payment',
    USERPAYING: 'Paying',
    SUCCESS: 'Paid',
    REFUND: 'Refunded',
    CLOSED: 'Closed',
    REVOKED: 'Reversed',
    PAYERROR: 'Payment failed',
    lost: 'Connection lost, trying again',
    expired: 'This code has expired; please order again',
    number: 'Order',
    attach: 'Note',
    transaction: 'WeChat no.',
    time: 'Paid at',
    orderFailed: 'The order did not go through. Please try again.',
    listFailed: 'The list could not be loaded. Please reload the page.',
  },
}

const KEY = 'language'

export let language = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2)
if (!Object.hasOwn(words, language)) language = 'en'

export const word = (name) => words[language][name]

export function toggleLanguage() {
  language = language === 'zh' ? 'en' : 'zh'
  localStorage.setItem(KEY, language)
}

/** Writes the words of the chosen language over the ones in the document. */
export function speak() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  for (const element of document.querySelectorAll('[data-word]')) {
    element.textContent = word(element.dataset.word)
  }
  const button = document.getElementById('language')
  button.textContent = language === 'zh' ? 'English' : '中文'
  button.lang = language === 'zh' ? 'en' : 'zh-CN'
}

/** Fen to yuan without floating point: 4850 -> ¥48.50 */
export function yuan(fen) {
  return `¥${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

/** Every word of the pages, in two languages. */
const words = {
  zh: {
    shop: '半日茶',
    motto: '偷得浮生半日闲',
    list: '茶单',
    note: '给店家留言（可不填）',
    payBy: '付款方式',
    NATIVE: '扫码付款',
    MWEB: '手机网页付款',
    buy: '购买',
    bill: '账单',
    hint: '选一样茶，付款码会出现在这里。',
    scan: '用微信扫一扫付款',
    open: '打开付款页',
    cashier: '去微信付款',
    havePaid: '我已付款',
    again: '再买一样',
    back: '返回茶单',
    footer: '演示店铺：价格由服务器决定，付款以通知或查询为准。',
    qr: '付款二维码',
    waiting: '等待付款',
    paying: '付款中',
    paid: '已付款',
    refunding: '退款中',
    partly_refunded: '已部分退款',
    refunded: '已退款',
    closed: '订单已关闭',
    revoked: '已撤销',
    failed: '付款失败',
    expired: '付款码已过期，请重新下单',
    lost: '连接中断，正在重试',
    ordered: '下单',
    payment: '付款',
    sent: '发货',
    refund: '退款',
    PROCESSING: '处理中',
    CHANGE: '异常，店家处理中',
    REFUNDCLOSE: '已关闭',
    SUCCESS: '已到账',
    number: '单号',
    attach: '留言',
    transaction: '微信单号',
    orderFailed: '下单没有成功，请再试一次。',
    listFailed: '茶单没有取到，请刷新页面。',
    notYet: '微信还没有收到这笔付款。',
    desk: '柜台',
    token: '口令',
    enter: '进入',
    leave: '退出',
    wrongToken: '口令不对。',
    search: '按单号查找',
    newest: '最近的订单',
    none: '还没有订单。',
    notFound: '没有这个单号。',
    deskFailed: '没有连上店铺，正在重试。',
    giveBack: '退款',
    sendAgain: '再发一次',
    unconfirmed: '微信未答复',
    left: '可退',
    amount: '退款金额（元）',
    reason: '原因（买家可见，可不填）',
    confirm: '确认退款',
    cancel: '取消',
    badAmount: '请填 0.01 到可退金额之间的数。',
    refundFailed: '退款没有成功：',
    refundUnknown: '微信没有答复。钱可能已退，也可能没有；请稍候，或用同一单号再发一次。',
  },
  en: {
    shop: 'Half-Day Tea',
    motto: 'half a day, stolen',
    list: 'Teas',
    note: 'A note for the shop (optional)',
    payBy: 'Pay by',
    NATIVE: 'QR code',
    MWEB: 'This phone',
    buy: 'Buy',
    bill: 'Bill',
    hint: 'Choose a tea. The code to pay with appears here.',
    scan: 'Scan with WeChat to pay',
    open: 'Open the pay page',
    cashier: 'Pay with WeChat',
    havePaid: 'I have paid',
    again: 'Buy another',
    back: 'Back to the teas',
    footer: 'A demo shop: the server decides the price; only a notification or a query proves a payment.',
    qr: 'QR code to pay',
    waiting: 'Waiting for payment',
    paying: 'Paying',
    paid: 'Paid',
    refunding: 'Refund under way',
    partly_refunded: 'Partly refunded',
    refunded: 'Refunded',
    closed: 'Order closed',
    revoked: 'Reversed',
    failed: 'Payment failed',
    expired: 'Expired; please order again',
    lost: 'Connection lost, trying again',
    ordered: 'Order',
    payment: 'Payment',
    sent: 'Delivery',
    refund: 'Refund',
    PROCESSING: 'under way',
    CHANGE: 'held up, we are on it',
    REFUNDCLOSE: 'cancelled',
    SUCCESS: 'done',
    number: 'Order no.',
    attach: 'Note',
    transaction: 'WeChat no.',
    orderFailed: 'The order did not go through. Please try again.',
    listFailed: 'The list could not be loaded. Please reload the page.',
    notYet: 'WeChat has not received this payment yet.',
    desk: 'Counter',
    token: 'Token',
    enter: 'Enter',
    leave: 'Leave',
    wrongToken: 'That is not the token.',
    search: 'Find an order number',
    newest: 'Latest orders',
    none: 'No orders yet.',
    notFound: 'No order has this number.',
    deskFailed: 'The shop does not answer; trying again.',
    giveBack: 'Refund',
    sendAgain: 'Send again',
    unconfirmed: 'no answer from WeChat',
    left: 'left',
    amount: 'Amount (yuan)',
    reason: 'Reason (the buyer sees it; optional)',
    confirm: 'Refund',
    cancel: 'Cancel',
    badAmount: 'Enter an amount from 0.01 to what is left.',
    refundFailed: 'The refund did not go through: ',
    refundUnknown: 'WeChat did not answer. The money may be on its way or not; wait, or send the same refund again.',
  },
}

const KEY = 'language'

export let language = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2)
if (!Object.hasOwn(words, language)) language = 'en'

export const word = (name) => words[language][name]

/** Writes the words of the chosen language over the ones in the document. */
function speak() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  for (const element of document.querySelectorAll('[data-word]')) {
    element.textContent = word(element.dataset.word)
  }
  const button = document.getElementById('language')
  button.textContent = language === 'zh' ? 'English' : '中文'
  button.lang = language === 'zh' ? 'en' : 'zh-CN'
}

/** Speaks, and again with `draw` whenever the other language is chosen. */
export function speakWith(draw) {
  document.getElementById('language').addEventListener('click', () => {
    language = language === 'zh' ? 'en' : 'zh'
    localStorage.setItem(KEY, language)
    speak()
    draw()
  })
  speak()
}

/** Fen to yuan without floating point: 4850 -> ¥48.50 */
export function yuan(fen) {
  return `¥${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

/** Yuan to fen without floating point: '48.5' -> 4850; null for what is no amount. */
export function fen(text) {
  const [all, whole, part = ''] = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(text.trim()) ?? []
  return all === undefined ? null : Number(whole) * 100 + Number(part.padEnd(2, '0'))
}

/** ms UTC, as the reader's clock shows it. */
export function clock(time) {
  const look = { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', look).format(time)
}

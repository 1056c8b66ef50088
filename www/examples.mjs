/** Messages that show something. The first is the worked example of the documents (chapter 4.3). */
export const KEY = '192006250b4c09247ec02edce69f6a2d' // printed in the documents

const official = `<xml>
  <appid>wxd930ea5d5a258f4f</appid>
  <mch_id>10000100</mch_id>
  <device_info>1000</device_info>
  <body>test</body>
  <nonce_str>ibuaiVcKdpRxkhJA</nonce_str>
  <sign>9A0A8659F005D6984697E2CA0A9CF3B7</sign>
</xml>`

const parameters = (timeStamp, paySign) => `{
  "appId": "wxd930ea5d5a258f4f",
  "timeStamp": "${timeStamp}",
  "nonceStr": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
  "package": "prepay_id=wx2017033010242291fcfe0db70013231072",
  "signType": "MD5",
  "paySign": "${paySign}"
}`

const order = (sign) => `<xml>
  <appid>wxd930ea5d5a258f4f</appid>
  <mch_id>10000100</mch_id>
  <body>腾讯充值中心-QQ会员充值</body>
  <nonce_str>5K8264ILTKCH16CQ2502SI8ZNMTM67VS</nonce_str>
  <notify_url>https://example.com/notify</notify_url>
  <openid>oUpF8uMuAJO_M2pxb1Q9zNjWeS6o</openid>
  <out_trade_no>20150806125346</out_trade_no>
  <spbill_create_ip>123.12.12.123</spbill_create_ip>
  <total_fee>88</total_fee>
  <trade_type>JSAPI</trade_type>
  <sign>${sign}</sign>
</xml>`

/** A notification in which 88 fen became 1. */
const tampered = `<xml>
  <appid><![CDATA[wxd930ea5d5a258f4f]]></appid>
  <bank_type><![CDATA[CFT]]></bank_type>
  <cash_fee>88</cash_fee>
  <fee_type><![CDATA[CNY]]></fee_type>
  <is_subscribe><![CDATA[Y]]></is_subscribe>
  <mch_id><![CDATA[10000100]]></mch_id>
  <nonce_str><![CDATA[5d2b6c2a8db53831f7eda20af46e531c]]></nonce_str>
  <openid><![CDATA[oUpF8uMuAJO_M2pxb1Q9zNjWeS6o]]></openid>
  <out_trade_no><![CDATA[20150806125346]]></out_trade_no>
  <result_code><![CDATA[SUCCESS]]></result_code>
  <return_code><![CDATA[SUCCESS]]></return_code>
  <time_end><![CDATA[20150806125405]]></time_end>
  <total_fee>1</total_fee>
  <trade_type><![CDATA[JSAPI]]></trade_type>
  <transaction_id><![CDATA[1004400740201508060000000001]]></transaction_id>
  <sign><![CDATA[D957E9F2B815D9EED0FBD980A22EF157]]></sign>
</xml>`

const refund = `<xml>
  <return_code>SUCCESS</return_code>
  <appid><![CDATA[wxd930ea5d5a258f4f]]></appid>
  <mch_id><![CDATA[10000100]]></mch_id>
  <nonce_str><![CDATA[TeqClE3i0mvn3DrK]]></nonce_str>
  <req_info><![CDATA[WBzGpzQuNpcFxIlFjUUD9I4z8SoCZXwP8H42tIFiKuW45806ktTiOJLGIUZdXuJ+WJFvA43Z2XF/A2VOj3J/4CteSlDyUXC0sDFQRmzMrqYmeXf/nxrK8K4QpXWbxiRwnCKPVBGYONxkUdgpJZcw94qI/WXdqpO4DtIuHejAA1aNZi7JJO/VWq/L8Ovjl5MfN86PpO/sTEuwJfTa92isMKUwPXhi2mUqOofJlaHwuxsMVfv80GulRQprnY6JOV41iY1yf+zvFFtT+qRz+n9sk+VjNrgr+yU2BTy1zLhBDxu9+ZvJpCMiJhnnp1o4kmEKz1MP9zme5JhDVerUFGGE6Bhu6WmD9F9vkb0HMRf6avxc+fKjRCkvGFplHtWEl2Vxy6QPWGEu9dY0VI4+mdiUAwulEkQ+h12GKVziEBit9Z/iCjQfPuygLPnAmfb3nz2uZ5A7JC1ZkCwzU6eL4xBMxFvRfzAIziqHLIYvfOpdwU3WIsd4FDBAqD8Q6Q/kHLzcssnse43KmopGJBIBLqCtFdl4Gi0BzoJnauhP5OIlNm4bY0X/BKFvaXglL4gqPf1+dIDUmrFY/L8TneDgSK15osJwx3NAiLNTEpF46X6Nh6Gf0nYVWcsxiMFZ1rMnvKvLMsO41y5VefyY2llRde9Z0VtANU5GOmyX8p62DkJr0RGgw0TubbpRmmFpI4r94fnIAN//YIiqHQ7DL6SSogTRkSnaMSho9huTZMkLBLY3HRp5uzVwK35MJCcAVOQwx1bZfWGLO3N+OBGcreXwegIiCllf81MHCYq0LZshXS07dvujWW2X83sMGWVie/ChZ6lRSQ0zU3hlCkgrJ3W05mxTEQ==]]></req_info>
</xml>`

/** By the id of the button. */
export const EXAMPLES = {
  official,
  tampered,
  // The page shows seconds and signs milliseconds, the commonest mistake of the tutorials.
  milliseconds: parameters('1490840662', 'A0C5E03C8F70E3C8F92B39075031A81D'),
  lower: parameters('1490840662', 'a3c4993e71916e54ae93f5d2b1e888af'),
  newline: order('2EF161FF920FE340C01287B801D119E5'),
  hmac: order('E7531D004DD95604C0E26B7852107474272330DDA565B089602B21B9F7465B0E'),
  refund,
}

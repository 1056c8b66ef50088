/** The worked example of the documents (chapter 4.3), with the key that is printed there. */
export const KEY = '192006250b4c09247ec02edce69f6a2d'

export const official = `<xml>
  <appid>wxd930ea5d5a258f4f</appid>
  <mch_id>10000100</mch_id>
  <device_info>1000</device_info>
  <body>test</body>
  <nonce_str>ibuaiVcKdpRxkhJA</nonce_str>
  <sign>9A0A8659F005D6984697E2CA0A9CF3B7</sign>
</xml>`

/** The same with one figure changed. */
export const tampered = official.replace('<device_info>1000<', '<device_info>1001<')

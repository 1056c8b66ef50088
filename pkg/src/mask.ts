/** Fields whose values never reach a log: they sign, pay or identify. */
const SECRET =
  'sign|paySign|openid|sub_openid|session_key|unionid|secret|js_code|code|auth_code|sandbox_signkey|' +
  'key|user_creid|user_truename|re_user_name|transfer_name|re_openid|combine_openid|enc_bank_no|' +
  'enc_true_name|cert_id|account|contract_display_account|face_code|workwx_sign|req_info|' +
  'access_token|refresh_token|ticket|jsapi_ticket'

// A value without an end is masked to the end of the text: a broken answer hides nothing less, and
// each character is looked at once.
const XML = new RegExp(`<(${SECRET})\\s*>[^]*?(?:</\\1\\s*>|$)`, 'g')
const JSON_TEXT = new RegExp(`"(${SECRET})"\\s*:\\s*"(?:[^"\\\\]|\\\\[^])*(?:"|\\\\?$)`, 'g')
const QUERY = new RegExp(`\\b(${SECRET})=[^&\\s]*`, 'g')

/** A message for the log: XML, JSON or a query, with the secret values replaced by `***`. */
export function mask(text: string): string {
  return text
    .replace(XML, '<$1>***</$1>')
    .replace(JSON_TEXT, '"$1":"***"')
    .replace(QUERY, '$1=***')
}

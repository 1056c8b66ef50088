/** The merchant of every message: the values of the official documents, no real account. */
export const appid = 'wxd930ea5d5a258f4f'
export const mchid = '1900000109'
export const key = '192006250b4c09247ec02edce69f6a2d'

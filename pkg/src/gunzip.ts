/** What both ways of unpacking say of bytes that are no gzip, or not all of it. */
export const DAMAGED = 'the compressed bill is damaged or cut off'

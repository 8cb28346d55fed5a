/** Queue ids: Postfix's in both forms (postconf(5), enable_long_queue_ids), and those that candy makes where there is none. */

/** Microseconds and the number of the file, in hexadecimal digits. Such an id is used again when the file is gone. */
const SHORT = '[0-9A-F]{6,20}'

/** Seconds and microseconds, in digits and consonants, of which no word consists; then `z` and the number of the file. */
const LONG = '[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{1,15}'

/** For regular expressions. */
export const QUEUE_ID: string = `(?:${LONG}|${SHORT})`

/** Made by delivery/own-id.ts. */
export const OWN_ID = 'candy-[0-9a-f]{12}'

const ANY_ID = new RegExp(`^(?:${QUEUE_ID}|${OWN_ID})$`)

export function isId(text: string): boolean {
  return ANY_ID.test(text)
}

/** Whether candy has made the id. */
export function isOwnId(id: string): boolean {
  return id.startsWith('candy-')
}

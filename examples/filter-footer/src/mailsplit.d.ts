/** What this filter uses of mailsplit, which comes without types. */
declare module 'mailsplit' {
  import type { Transform } from 'node:stream'

  export interface MimeNode {
    readonly type: 'node'
    readonly parentNode: MimeNode | false
    /** Lower case; `text/plain` where the header says nothing else. */
    readonly contentType: string | false
    /** The subtype, of a multipart. */
    readonly multipart: string | false
    readonly disposition: string | false
    readonly filename: string | false
    readonly charset: string | false
    /** Content-Transfer-Encoding, lower case; empty where there is none. */
    readonly encoding: string
    /** Whether a text is `format=flowed` (RFC 3676). */
    readonly flowed: boolean
    /** The header with the empty line that ends it, if there is one. */
    getHeaders(): Buffer
  }

  /** `data` is a boundary, or text around the parts of a multipart; `body` is what stands in a part that has no parts. */
  export type Piece = MimeNode | { readonly type: 'data' | 'body'; readonly node: MimeNode; readonly value?: Buffer }

  export class Splitter extends Transform {
    constructor(options?: { readonly ignoreEmbedded?: boolean })
    override [Symbol.asyncIterator](): NodeJS.AsyncIterator<Piece>
  }
}

/** What the operator wrote about one filter: the filter says what the mail is, the policy says what is done with it. */

export const ON_ERROR = ['defer', 'accept', 'quarantine'] as const
export const ON_REJECT = ['refuse', 'quarantine', 'tag', 'discard'] as const
export const ON_QUARANTINE = ['quarantine', 'tag', 'refuse'] as const
export const ON_UNSCANNABLE = ['quarantine', 'refuse', 'tag', 'defer', 'accept'] as const

export type OnReject = (typeof ON_REJECT)[number]

export interface Policy {
  /** Milliseconds that the filter has for one message. */
  readonly timeout: number
  /** Bytes; a larger message is not judged by this filter, and a header says so. */
  readonly maxSize?: number
  readonly onError: (typeof ON_ERROR)[number]
  /** Absent: as the mode has it in which the mail came. */
  readonly onReject?: OnReject
  readonly onQuarantine: (typeof ON_QUARANTINE)[number]
  /** What is done with mail that the filter can never decide about. */
  readonly onUnscannable: (typeof ON_UNSCANNABLE)[number]
}

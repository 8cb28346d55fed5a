/** What the operator wrote about one filter: the filter says what the mail is, the policy says what is done with it. */

type OnError = 'defer' | 'accept' | 'quarantine'
export type OnReject = 'refuse' | 'quarantine' | 'tag' | 'discard'
type OnQuarantine = 'quarantine' | 'tag' | 'refuse'
type OnUnscannable = 'quarantine' | 'refuse' | 'tag' | 'defer' | 'accept'

export interface Policy {
  /** Milliseconds that the filter has for one message. */
  readonly timeout: number
  /** Bytes; a larger message is not judged by this filter, and a header says so. */
  readonly maxSize?: number
  readonly onError: OnError
  /** Absent: as the mode has it in which the mail came. */
  readonly onReject?: OnReject
  readonly onQuarantine: OnQuarantine
  /** What is done with mail that the filter can never decide about. */
  readonly onUnscannable: OnUnscannable
}

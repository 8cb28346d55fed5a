/**
 * The contract between a mail filter and the program that runs it. Types only.
 *
 * A filter is a pure decision over an immutable message. The runner owns every byte, deadline and status code: it spools
 * the message, runs the filters of `filters.d`, applies what they decided, and answers Postfix.
 */
import type { InferOutput, StandardSchemaV1 } from './standard-schema.js'

/**
 * Message bytes in order: CRLF line ends, no dot-stuffing, any chunk boundaries.
 * A Node.js stream (without an encoding), a web stream and an async generator all fit.
 */
export type Bytes = AsyncIterable<Uint8Array>

/** The SMTP client that handed the message to Postfix, as far as Postfix told (XFORWARD_README, pipe(8)). */
export interface Client {
  /** IP address in Postfix's form: `192.0.2.1` or `2001:db8::1`. */
  readonly address: string
  /** Verified host name; absent when Postfix found none. */
  readonly name?: string
  /** What the client said in HELO or EHLO. */
  readonly helo?: string
  /** `SMTP` or `ESMTP`. */
  readonly protocol?: string
  /** SASL login name, where the client authenticated and the mode carries it. */
  readonly login?: string
}

/** What SMTP said about the message (RFC 5321 §2.3.1). Addresses stand without angle brackets. */
export interface Envelope {
  /** The reverse-path; `''` is the null sender. */
  readonly sender: string
  readonly recipients: readonly [string, ...string[]]
  readonly client?: Client
}

/**
 * One message, spooled by the runner. Nothing that a filter does can change it. It can be read until the runner has the verdict, and
 * the new content where there is any; after that `open` and `headers` throw `SPOOL`.
 */
export interface Message {
  /** Postfix's queue id where there is one, else an id that the runner made. */
  readonly id: string
  readonly envelope: Envelope
  /** Length in bytes, as `open()` yields them. */
  readonly size: number
  /**
   * Starts reading from the first byte. May be called again, also while an earlier reading is under way. The chunks are
   * the caller's. Throws `SPOOL` when the message cannot be read.
   */
  open(): Bytes
  /**
   * The header block alone, without the empty line that ends it (RFC 5322 §2.1): at most 1 MiB and 10,000 fields. No filter is asked
   * about a message with more.
   */
  headers(): Promise<Uint8Array>
}

/**
 * RFC 3463 subject and detail: `[7, 1]` is "delivery not authorized". The class digit comes from what the runner answers,
 * so a verdict cannot disagree with its status.
 */
export type Status = readonly [subject: number, detail: number]

/**
 * Which fields of a name are meant: those with this value, as `headerValue` gives it, or the one in this place among the fields of
 * the name, counted from the top of the message as the filter sees it, from 0.
 */
export type FieldChoice = { readonly value: string } | { readonly place: number }

/**
 * One change to the header block: a field added on top, or fields removed, all of the name unless `where` chooses among them. A
 * name to be removed that ends in `*` stands for all names that begin so. All other bytes stay.
 */
export type HeaderEdit =
  | { readonly add: string; readonly value: string }
  | { readonly remove: string; readonly where?: FieldChoice }

/** The message may go on; `edits` are applied to its header block. */
export interface Accept {
  readonly action: 'accept'
  readonly edits?: readonly HeaderEdit[]
}

/** The message may go on with new content. Only for filters defined with `rewrites: true`. */
export interface Rewrite extends Accept {
  /**
   * Called at most once, and only when the verdict is used. The runner ends the reading on every path, and takes no more than
   * 64 MiB beyond the size of the message.
   */
  readonly content: () => Bytes
}

/**
 * `reject`: must not be delivered. `quarantine`: a person should look. `defer`: not now. `unscannable`: this filter can
 * never decide about this message, however often it comes: encrypted, nested too deep, over a scanner's limit.
 *
 * `text` is for people; the runner makes it one line of printable ASCII, at most 400 bytes, wherever it goes. `edits` are
 * applied when the operator has such mail delivered all the same (`"tag"`), so that the reader sees what was found.
 */
export interface Refusal {
  readonly action: 'reject' | 'quarantine' | 'defer' | 'unscannable'
  readonly text: string
  readonly status?: Status
  readonly edits?: readonly HeaderEdit[]
}

/** Stands where `content` would in the verdict of a filter that is not defined with `rewrites: true`. No value fits it. */
export interface ContentNeedsRewritesTrue {
  readonly never: never
}

/** What a filter decides about a message without changing its content. */
export type Judgement = (Accept & { readonly content?: ContentNeedsRewritesTrue }) | Refusal

/** What a filter decides. The filter says what the mail is; the operator says what becomes of it. */
export type Verdict = Accept | Rewrite | Refusal

/** Values that a log line can hold. */
export type LogFields = Readonly<Record<string, string | number | boolean>>

/** What the runner lends a filter while it works on one message, and no more. */
export interface Context {
  /** Aborts at the deadline, when the client goes away, or when an earlier filter has decided. */
  readonly signal: AbortSignal
  /** Milliseconds until the deadline, as of now; 0 once it has passed, `Infinity` where there is none. */
  readonly remaining: number
  /** Notes something in the runner's log, under the filter's name and the message's id. */
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
}

/** What the runner lends a filter for as long as it lives, and no more. */
export interface Host {
  /** Notes something in the runner's log, under the filter's name. For what concerns one message there is `Context.log`. */
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  /**
   * Absolute path of a directory that this drop-in alone has, for what must outlive the process. The runner makes it when
   * this is first read, and reading throws `CONFIG` when it cannot. Every worker process gets the same one, at the same
   * time, so a file is written under another name and renamed. During a check it is an empty one, removed afterwards.
   */
  readonly directory: string
  /** Whether the filter is made for a check alone (`candy check`, `candy list`): it judges no mail that anybody gets. */
  readonly check: boolean
  /** Bytes of the largest message that Postfix takes; absent where it takes any, or where the runner does not know. */
  readonly messageSizeLimit?: number
}

/** What `check()` found. `text` is one line for the operator. */
export interface Health {
  readonly ok: boolean
  readonly text: string
  readonly details?: LogFields
}

/** A filter, ready to judge. It serves many messages at the same time. */
export interface Filter<V extends Verdict = Judgement> {
  /** Decides about one message. Throwing means "I could not decide": the operator's `on_error` answers, `defer` unless set. */
  judge(message: Message, context: Context): V | Promise<V>
  /** Tells whether the filter could work now: is its daemon there, is its data fresh. Must not throw for a bad answer. */
  check?(context: Context): Promise<Health>
  /** Gives back what the filter holds. Called once, after the last `judge` has settled. */
  close?(): Promise<void>
}

/** What a filter package says of itself to `defineFilter`. */
export interface FilterDefinition<S extends StandardSchemaV1, R extends boolean> {
  /** The version of this contract that the filter was written for. */
  readonly api: 1
  /** A short name, `[a-z0-9-]+`; what the operator sees is the drop-in's name. */
  readonly name: string
  /** Whether verdicts may carry new content. A rewriting filter runs alone; others run at the same time. */
  readonly rewrites?: R
  /**
   * The header fields that this filter alone speaks in: names, or beginnings of names that end in `*` (`X-Spam-*`). The
   * runner takes the sender's out of every message before any filter sees it, also where this one is not asked in the end,
   * and refuses a verdict that adds a field declared neither here nor in `sharedFields`.
   */
  readonly fields?: readonly string[]
  /** Fields that others write as well and that this filter may add, `Subject` say. The runner leaves the sender's alone. */
  readonly sharedFields?: readonly string[]
  /** What `[options]` of the drop-in must look like. */
  readonly options: S
  /** Makes the filter from validated options. Called once for each set of options and process; no mail is at stake yet. */
  create(
    options: InferOutput<S>,
    host: Host,
  ): Filter<true extends R ? Verdict : Judgement> | Promise<Filter<true extends R ? Verdict : Judgement>>
}

/** What a filter package exports as `filter`: options go in, a filter comes out. */
export interface FilterPackage {
  readonly api: 1
  readonly name: string
  readonly rewrites: boolean
  readonly fields: readonly string[]
  readonly sharedFields: readonly string[]
  readonly options: StandardSchemaV1
  /** `options` must be the output of `this.options`. */
  create(options: unknown, host: Host): Filter<Verdict> | Promise<Filter<Verdict>>
}

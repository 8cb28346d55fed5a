/**
 * The contract between a mail filter and the program that runs it, the runner. This file has types only.
 *
 * A filter decides about a message and changes nothing itself. The runner spools the message, runs the filters of `filters.d`
 * within their deadlines, applies what they decided, and answers Postfix.
 */
import type { InferOutput, StandardSchemaV1 } from './standard-schema.js'

/**
 * Message bytes in order: CRLF line ends, no dot-stuffing, any chunk boundaries.
 * A Node.js stream (without an encoding), a web stream and an async generator all fit.
 */
export type Bytes = AsyncIterable<Uint8Array>

/** The SMTP client that sent the message to Postfix, as far as Postfix tells the runner (XFORWARD_README, pipe(8)). */
export interface Client {
  /** IP address in Postfix's form: `192.0.2.1` or `2001:db8::1`. */
  readonly address: string
  /** Verified host name; absent when Postfix found none. */
  readonly name?: string
  /** The name that the client sent in HELO or EHLO. */
  readonly helo?: string
  /** `SMTP` or `ESMTP`. */
  readonly protocol?: string
  /** The SASL login name; present when the client has authenticated and the mode passes the name on. */
  readonly login?: string
}

/** The envelope of the message (RFC 5321 §2.3.1). Addresses are without angle brackets. */
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
  /** Postfix's queue id when it is known, else an id that the runner has made. */
  readonly id: string
  readonly envelope: Envelope
  /** The number of bytes that `open()` yields. */
  readonly size: number
  /**
   * Starts reading from the first byte. May be called again, also while an earlier reading is under way. The caller may
   * change the chunks. Throws `SPOOL` when the message cannot be read.
   */
  open(): Bytes
  /**
   * Returns the header block, without the empty line that ends it (RFC 5322 §2.1). It has at most 1 MiB and 10,000 fields: the
   * runner gives no message with more to a filter.
   */
  headers(): Promise<Uint8Array>
}

/**
 * The subject and the detail of a status (RFC 3463): `[7, 1]` is "delivery not authorized". The runner adds the class digit that
 * fits its answer, so a verdict cannot contradict its status.
 */
export type Status = readonly [subject: number, detail: number]

/**
 * Chooses among the fields of one name: those with this value, as `headerValue` returns it, or the one at this place. Places are
 * counted from 0, from the top of the message as the filter sees it.
 */
export type FieldChoice = { readonly value: string } | { readonly place: number }

/**
 * One change to the header block: it adds a field on top, or removes all fields of a name, or those that `where` chooses. A name to
 * be removed that ends in `*` stands for all names that begin with the part before it. All other bytes stay as they are.
 */
export type HeaderEdit =
  | { readonly add: string; readonly value: string }
  | { readonly remove: string; readonly where?: FieldChoice }

/** The message may be delivered; the runner applies `edits` to its header block. */
export interface Accept {
  readonly action: 'accept'
  readonly edits?: readonly HeaderEdit[]
}

/** The message may be delivered with new content. Only for filters defined with `rewrites: true`. */
export interface Rewrite extends Accept {
  /**
   * The runner calls it at most once, and only when it uses the verdict. It always ends the reading, also after an error. The new
   * content may be at most 64 MiB larger than the message.
   */
  readonly content: () => Bytes
}

/**
 * `reject`: the message must not be delivered. `quarantine`: a person should look at it first. `defer`: the sender should try
 * again later. `unscannable`: this filter can never decide about this message, since it is encrypted, nested too deep, or over a
 * limit of the scanner.
 *
 * `text` is for people; the runner converts it to one line of printable ASCII, at most 400 bytes. The runner applies `edits` when
 * the operator has such mail delivered all the same (`"tag"`), so that the reader sees what was found.
 */
export interface Refusal {
  readonly action: 'reject' | 'quarantine' | 'defer' | 'unscannable'
  readonly text: string
  readonly status?: Status
  readonly edits?: readonly HeaderEdit[]
}

/** The type of `content` in the verdict of a filter that is not defined with `rewrites: true`. No value has this type. */
export interface ContentNeedsRewritesTrue {
  readonly never: never
}

/** What a filter decides about a message without changing its content. */
export type Judgement = (Accept & { readonly content?: ContentNeedsRewritesTrue }) | Refusal

/** What a filter decides about a message. The operator configures what the runner then does with the message. */
export type Verdict = Accept | Rewrite | Refusal

/** The fields of a log line. */
export type LogFields = Readonly<Record<string, string | number | boolean>>

/** What the runner provides to a filter for one message. It must not be used after the verdict. */
export interface Context {
  /** Aborts at the deadline, when the client disconnects, or when an earlier filter has decided. */
  readonly signal: AbortSignal
  /** Milliseconds from now until the deadline; 0 once it has passed, `Infinity` when there is none. */
  readonly remaining: number
  /** Writes to the runner's log, with the filter's name and the message's id. */
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
}

/** What the runner provides to a filter from `create` until `close`. */
export interface Host {
  /** Writes to the runner's log, with the filter's name. Use `Context.log` for what concerns one message. */
  log(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  /**
   * Absolute path of a directory for this drop-in alone, in which files stay when the process ends. The runner makes the
   * directory when this member is first read; reading throws `CONFIG` when that fails. All worker processes use the same directory at
   * the same time, so write a file under another name and rename it. During a check the directory is empty, and removed afterwards.
   */
  readonly directory: string
  /** Whether the filter is made for a check (`candy check`, `candy list`): no message that it judges is delivered. */
  readonly check: boolean
  /** Bytes of the largest message that Postfix accepts; absent when it accepts any size, or when the runner does not know the limit. */
  readonly messageSizeLimit?: number
}

/** The result of `check()`. */
export interface Health {
  /** Whether the operator has nothing to do. */
  readonly ok: boolean
  /** One line of printable ASCII for the operator: what was found and, unless it is well, what to type next. */
  readonly text: string
  /** The same for programs: versions, dates (ISO 8601), sizes (bytes). Numbers are finite. */
  readonly details?: LogFields
}

/** What a person says about a message: it is spam, or it is none. `forget` takes back either. */
export type Lesson = 'spam' | 'ham' | 'forget'

/** A filter. The runner may call `judge` for many messages at the same time. */
export interface Filter<V extends Verdict = Judgement> {
  /** Decides about one message. When it throws, it could not decide, and the operator's `on_error` applies (default: `defer`). */
  judge(message: Message, context: Context): V | Promise<V>
  /** Says whether the filter could work now, for example whether its daemon answers. A bad result must be returned, not thrown. */
  check?(context: Context): Promise<Health>
  /**
   * Learns from a message that a person has looked at, for example one that was quarantined. Returns whether the filter knows
   * more, or less after `forget`, than before; the same lesson a second time returns false. Throws when it could not learn.
   */
  learn?(message: Message, lesson: Lesson, context: Context): Promise<boolean>
  /** Closes connections and whatever else the filter has opened. The runner calls it once, after the last `judge` has settled. */
  close?(): Promise<void>
}

/** The definition of a filter package, for `defineFilter`. */
export interface FilterDefinition<S extends StandardSchemaV1, R extends boolean> {
  /** The version of this contract that the filter was written for. */
  readonly api: 1
  /** A short name, `[a-z0-9-]+`. Logs and messages show the name of the drop-in instead. */
  readonly name: string
  /** Whether verdicts may carry new content. A rewriting filter runs alone; others run at the same time. */
  readonly rewrites?: R
  /**
   * The header fields that only this filter writes: names, or beginnings of names that end in `*` (`X-Spam-*`). The runner
   * removes such fields from every message before any filter sees it, even when this filter does not judge the message. It
   * refuses a verdict that adds a field declared neither here nor in `sharedFields`.
   */
  readonly fields?: readonly string[]
  /** Fields that this filter may add and that others write too, for example `Subject`. The runner does not remove these. */
  readonly sharedFields?: readonly string[]
  /** The schema of `[options]` in the drop-in. */
  readonly options: S
  /** Makes the filter from validated options. The runner calls it once for each set of options and process, before any mail. */
  create(
    options: InferOutput<S>,
    host: Host,
  ): Filter<true extends R ? Verdict : Judgement> | Promise<Filter<true extends R ? Verdict : Judgement>>
}

/** What a filter package exports as `filter`; made by `defineFilter`. */
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

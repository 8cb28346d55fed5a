/**
 * What Postfix has told about one message before its content: the client, the envelope and macros. From it come the envelope that
 * filters see, and the SMTP commands with which the message would go on elsewhere.
 */
import type { Connect, MilterEvent } from '@candy/milter'
import type { Client, Envelope } from '@candy/sdk'
import type { EnvelopeCommands } from '../delivery/envelope-commands.js'
import { originOf } from '../delivery/origin.js'
import { makeOwnId } from '../delivery/own-id.js'
import { addressIn, parseCommand } from '../smtp/command.js'
import { markedAddress, printXforward } from '../smtp/xforward.js'

/** The macros that Postfix is asked for with MAIL; `i` comes as soon as there is a queue id. */
export const MAIL_MACROS = ['j', '{auth_authen}', '{tls_version}', '{cipher}', '{cipher_bits}'] as const

/** The client, for all messages of a session. */
export interface MilterClient {
  readonly connect?: Connect
  readonly helo?: string
}

/** What follows the command in MAIL or RCPT. */
export type MailArguments = Extract<MilterEvent, { readonly type: 'mail' }>['arguments']

export class MilterTransaction {
  readonly client: Client | undefined
  readonly #helo: string | undefined
  readonly #sender: MailArguments
  readonly #macros: ReadonlyMap<string, string>
  readonly #recipients: MailArguments[] = []
  #id: string | undefined

  /** `sender` are the arguments of MAIL, and `macros` those that came with it. */
  constructor({ connect, helo }: MilterClient, sender: MailArguments, macros: ReadonlyMap<string, string>) {
    this.client = clientOf(connect, helo, macros.get('{auth_authen}'))
    this.#helo = helo
    this.#sender = sender
    this.#macros = macros
  }

  addRecipient(recipient: MailArguments): void {
    this.#recipients.push(recipient)
  }

  /** Takes the queue id from macros that have it. */
  noteId(macros: ReadonlyMap<string, string>): void {
    this.#id = macros.get('i') ?? this.#id
  }

  /** Postfix's queue id, else one of candy's own. */
  get id(): string {
    this.#id ??= makeOwnId()
    return this.#id
  }

  get helo(): string | undefined {
    return this.#helo
  }

  /** A macro that came with MAIL. */
  macro(name: (typeof MAIL_MACROS)[number]): string | undefined {
    return this.#macros.get(name)
  }

  get envelope(): Envelope {
    const [first = '', ...others] = this.#recipients.map((recipient) => addressOf('RCPT TO', recipient))
    return {
      sender: addressOf('MAIL FROM', this.#sender),
      recipients: [first, ...others],
      ...(this.client !== undefined && { client: this.client }),
    }
  }

  /** How many recipients there are. */
  get size(): number {
    return this.#recipients.length
  }

  /** The address of a recipient as Postfix knows it, by its place. */
  recipientAt(position: number): Uint8Array {
    return this.#recipients[position]?.[0] ?? new Uint8Array()
  }

  /** The commands for the recipients in these places. */
  commands(positions: Iterable<number>): EnvelopeCommands {
    const { client } = this
    const attributes = new Map(
      Object.entries({
        NAME: client?.name ?? '',
        ADDR: client === undefined ? '' : markedAddress(client.address),
        HELO: client?.helo ?? '',
        IDENT: this.id,
        // cleanup(8) has completed the header of local mail already.
        SOURCE: originOf(client?.address, false),
      }),
    )
    return {
      xforward: printXforward(attributes).map((line) => Buffer.from(line)),
      mail: commandOf('MAIL FROM', this.#sender),
      recipients: Array.from(positions).flatMap((position) => {
        const recipient = this.#recipients[position]
        return recipient === undefined ? [] : [commandOf('RCPT TO', recipient)]
      }),
    }
  }
}

/** Mail that did not come over the network is from `localhost`, port 0. Without a name of its own a client is named by its address. */
function clientOf(
  connect: Connect | undefined,
  helo: string | undefined,
  login: string | undefined,
): Client | undefined {
  if (connect === undefined || (connect.family !== 'inet' && connect.family !== 'inet6')) return undefined
  const { hostname, address = '', port } = connect
  if (port === 0 && hostname === 'localhost') return undefined
  const isName = !hostname.startsWith('[') && hostname !== 'unknown'
  return {
    address,
    ...(isName && { name: hostname }),
    ...(helo !== undefined && { helo }),
    ...(login !== undefined && login !== '' && { login }),
  }
}

/** AUTH tells Postfix who has authenticated, and no service that candy hands mail to offers it (RFC 4954 §5). */
function commandOf(verb: string, [address, ...parameters]: MailArguments): Buffer {
  const bracketed = address[0] === 0x3c ? [address] : [Buffer.from('<'), address, Buffer.from('>')]
  const kept = parameters.filter((parameter) => !/^AUTH=/i.test(parameter.toString('latin1')))
  return Buffer.concat([Buffer.from(`${verb}:`), ...bracketed, ...kept.flatMap((one) => [Buffer.from(' '), one])])
}

function addressOf(verb: string, [address]: MailArguments): string {
  return addressIn(parseCommand(commandOf(verb, [address])))
}

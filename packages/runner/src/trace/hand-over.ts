/** Deliveries that are no deliveries: Postfix hands a message to candy, and the reply says what candy has done with it. */
import { MODES, TRANSPORTS } from '../postfix/mode.js'
import type { Delivery, QueueEvent } from './postfix-line.js'
import { OWN_ID, QUEUE_ID } from './queue-id.js'

const QUEUED_AS = new RegExp(`^250 .*queued as (${QUEUE_ID})(?: \\((${OWN_ID})\\))?$`)
const SIGNED = new RegExp(`\\((${OWN_ID})\\)(?: \\(in reply to [^)]*\\)\\)?)?$`)
const QUARANTINED =
  /^(?:250 2\.0\.0 |delivered via \S+ service \()quarantined as (\d{8}T\d{6}Z-[A-Za-z0-9]+(?:-\d+)?) by /
const SOCKET = `[${MODES.smtp.socket}]`

/** Whether the relay is candy. Where Postfix reaches it over TCP, that cannot be seen in this line. */
export function isHandOver(event: QueueEvent): event is Delivery {
  return event.kind === 'delivery' && (TRANSPORTS.includes(event.relay) || event.relay.endsWith(SOCKET))
}

/** Whether the reply to a delivery may be candy's: the relay is candy, or an id of candy's own is at the end. */
export function mayBeCandys(event: QueueEvent): event is Delivery {
  return event.kind === 'delivery' && (ownIdIn(event.text) !== undefined || isHandOver(event))
}

/** The queue id that the message got next. */
export function queuedAs({ status, text }: Pick<Delivery, 'status' | 'text'>): string | undefined {
  return status === 'sent' ? QUEUED_AS.exec(text)?.[1] : undefined
}

/** The id that candy gave to a message of which it was told none. */
export function ownIdIn(text: string): string | undefined {
  return SIGNED.exec(text)?.[1]
}

/** The name in the quarantine. */
export function quarantinedAs({ status, text }: Delivery): string | undefined {
  return status === 'sent' ? QUARANTINED.exec(text)?.[1] : undefined
}

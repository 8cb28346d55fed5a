/** What cleanup(8) does to a message, as the parameters of main.cf say it (postconf(5)). */
import { CLEANUP_DEFAULTS, type CleanupSettings } from '../message/cleanup.js'

/** Parameters to ask postconf(1) for. */
export const CLEANUP_PARAMETERS = [
  'header_size_limit',
  'line_length_limit',
  'mime_nesting_limit',
  'mime_boundary_length_limit',
  'disable_mime_input_processing',
  'message_drop_headers',
  'smtpd_milters',
] as const

/** Where milters look at the mail, cleanup(8) cuts off a field here: libmilter takes no more (KLUDGE_HEADER_LIMIT in its source). */
const MILTER_LIMIT = 60_000

/** Values by name; what is not there is as Postfix has it by default. */
export function cleanupSettings(values: ReadonlyMap<string, string>): CleanupSettings {
  const bytes = (name: string, usual: number): number => Number(values.get(name) ?? usual) || usual
  const dropped = values.get('message_drop_headers')
  const headerSizeLimit = bytes('header_size_limit', CLEANUP_DEFAULTS.headerSizeLimit)
  const milters = (values.get('smtpd_milters') ?? '').trim() !== ''
  return {
    headerSizeLimit: milters ? Math.min(headerSizeLimit, MILTER_LIMIT) : headerSizeLimit,
    lineLengthLimit: bytes('line_length_limit', CLEANUP_DEFAULTS.lineLengthLimit),
    mimeNestingLimit: bytes('mime_nesting_limit', CLEANUP_DEFAULTS.mimeNestingLimit),
    mimeBoundaryLengthLimit: bytes('mime_boundary_length_limit', CLEANUP_DEFAULTS.mimeBoundaryLengthLimit),
    mime: values.get('disable_mime_input_processing') !== 'yes',
    messageDropHeaders:
      dropped === undefined
        ? CLEANUP_DEFAULTS.messageDropHeaders
        : dropped
            .toLowerCase()
            .split(/[\s,]+/)
            .filter(Boolean),
  }
}

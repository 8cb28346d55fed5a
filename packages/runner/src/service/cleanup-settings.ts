/** Reads from the parameters of main.cf (postconf(5)) what cleanup(8) does to a message. */
import { CLEANUP_DEFAULTS, type CleanupSettings } from '../message/cleanup.js'

/** The parameters that `cleanupSettings` needs; the caller asks postconf(1) for them. */
export const CLEANUP_PARAMETERS = [
  'header_size_limit',
  'line_length_limit',
  'mime_nesting_limit',
  'mime_boundary_length_limit',
  'disable_mime_input_processing',
  'message_drop_headers',
  'smtpd_milters',
] as const

/** Bytes. Where milters are configured, cleanup(8) cuts a header field off here, since libmilter takes no longer one (KLUDGE_HEADER_LIMIT). */
const MILTER_LIMIT = 60_000

/**
 * Converts the values of the parameters, by name. A parameter that is absent has Postfix's default. `site` says that candy is a milter,
 * which a service may have though main.cf names none.
 */
export function cleanupSettings(values: ReadonlyMap<string, string>, site?: 'behind a milter'): CleanupSettings {
  const bytes = (name: string, preset: number): number => Number(values.get(name) ?? preset) || preset
  const dropped = values.get('message_drop_headers')
  const headerSizeLimit = bytes('header_size_limit', CLEANUP_DEFAULTS.headerSizeLimit)
  const milters = site !== undefined || (values.get('smtpd_milters') ?? '').trim() !== ''
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

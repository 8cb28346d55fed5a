import { expect, test } from 'vitest'
import { CLEANUP_DEFAULTS } from '../../src/message/cleanup.js'
import { cleanupSettings } from '../../src/service/cleanup-settings.js'

const of = (values: Readonly<Record<string, string>>) => cleanupSettings(new Map(Object.entries(values)))

test("parameters that Postfix does not print have Postfix's defaults", () => {
  expect(of({})).toEqual(CLEANUP_DEFAULTS)
})

test('parameters that Postfix prints are used', () => {
  const said = {
    header_size_limit: '5000',
    line_length_limit: '990',
    mime_nesting_limit: '7',
    mime_boundary_length_limit: '80',
    disable_mime_input_processing: 'yes',
    message_drop_headers: 'Bcc, X-Internal\tReturn-Path',
  }
  expect(of(said)).toEqual({
    headerSizeLimit: 5000,
    lineLengthLimit: 990,
    mimeNestingLimit: 7,
    mimeBoundaryLengthLimit: 80,
    mime: false,
    messageDropHeaders: ['bcc', 'x-internal', 'return-path'],
  })
  expect(of({ message_drop_headers: '' }).messageDropHeaders).toEqual([])
})

test('with milters header fields are cut at a smaller size', () => {
  expect(of({ smtpd_milters: 'inet:127.0.0.1:8891' }).headerSizeLimit).toBe(60_000)
  expect(of({ smtpd_milters: 'inet:127.0.0.1:8891', header_size_limit: '5000' }).headerSizeLimit).toBe(5000)
})

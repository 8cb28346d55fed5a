/** The lanes that README.md shows, in its table and its picture; results.md has all of them. */
import { NO_FILTER, SHELL } from './lane.js'
import type { Report, Row } from './report.js'

/** From the fastest to the slowest kind, each with what it is compared with. */
export const OVERVIEW: readonly string[] = [
  NO_FILTER,
  'milter: candy',
  'milter: candy, clamd',
  'milter: clamav-milter, clamd',
  'smtp-before: candy',
  'smtp: candy',
  'smtp: candy, clamd',
  'smtp: clamsmtp, clamd',
  'pipe: candy',
  SHELL,
]

/** Those that were measured. */
export function overviewOf({ lanes }: Report): readonly Row[] {
  return OVERVIEW.flatMap((name) => lanes.find(({ lane }) => lane === name) ?? [])
}

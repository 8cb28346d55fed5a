/** Reads all sources once, and hands each line about candy or Postfix in which a pattern occurs to who asked for it. */
import { errorText } from '../os/error-text.js'
import { type LogLine, parseLogLine } from './log-line.js'
import { findLines } from './matching-lines.js'
import type { LogSource } from './source.js'
import { SourceError } from './source.js'
import type { SourceProblem } from './sources.js'
import { parseTimestamp } from './timestamp.js'

/** Lines outside of it are not there, as far as a search is concerned. Milliseconds since 1970. */
export interface Span {
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** One source, and from when to when its lines are. */
export interface Searched {
  readonly name: string
  readonly from?: number
  readonly to?: number
}

export interface Scan {
  readonly searched: readonly Searched[]
  readonly problems: readonly SourceProblem[]
}

export interface Scanner {
  pattern(): RegExp
  onLine(line: LogLine): void
}

export async function scan(sources: readonly LogSource[], span: Span, scanner: Scanner): Promise<Scan> {
  const searched: Searched[] = []
  const problems: SourceProblem[] = []
  for (const source of sources) {
    try {
      searched.push(await scanSource(source, span, scanner))
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      problems.push({ text: `${source.name}: ${errorText(error)}`, denied: error.denied })
    }
  }
  return { searched, problems }
}

async function scanSource(source: LogSource, { since, until }: Span, scanner: Scanner): Promise<Searched> {
  const { name, written, instance } = source
  // Nothing in a file is younger than the file, but for a clock that was set.
  if (since !== undefined && written < since) return { name }
  const { first, last } = await findLines(source.read(), {
    pattern: scanner.pattern,
    onLine: (text) => {
      const line = parseLogLine(text, written)
      if (line === undefined || isOfAnother(line.program, instance)) return
      if (line.time < (since ?? line.time) || line.time > (until ?? line.time)) return
      scanner.onLine(line)
    },
  })
  const [from, to] = [first, last].map((text) => parseTimestamp(text ?? '', written)?.time)
  return { name, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** What the syslog_name of an instance looks like (MULTI_INSTANCE_README). A service may have any other name. */
const INSTANCE = /^postfix(?:-[^/]+)?(?=\/)/

function isOfAnother(program: string, instance: string | undefined): boolean {
  const named = INSTANCE.exec(program)?.[0]
  return instance !== undefined && named !== undefined && INSTANCE.test(`${instance}/`) && named !== instance
}

/** Counts records: what was done with messages, what filters said, why mail was deferred, and how long it all took. */
import { Latencies, type LatencySummary } from './latencies.js'
import type { FilterRecord, HistoryRecord } from './record.js'

/** Counts by name. Names that never occurred are missing. */
export type CountsByName = Readonly<Record<string, number>>

export interface FilterSummary {
  readonly name: string
  /** What it said; `error` and `skipped` are among them. */
  readonly verdicts: CountsByName
  /** Its errors by code. */
  readonly errors: CountsByName
  /** Of those messages that it was asked about; missing when there were none. */
  readonly milliseconds?: LatencySummary
}

export interface Summary {
  /** With rules for recipients a message counts once for each group of its recipients. */
  readonly messages: number
  readonly bytes: number
  readonly actions: CountsByName
  /** By the code of the error (docs/errors.md), or `filter` where a filter said so. */
  readonly deferrals: CountsByName
  readonly milliseconds?: LatencySummary
  /** Sorted by name, which is the order in which they run. */
  readonly filters: readonly FilterSummary[]
}

/** Different names of one kind that are counted by themselves; any further one is counted as `other`. Whoever is candy can write names. */
const NAMES_LIMIT = 200

/** Why a message was deferred, as it is counted. */
export function deferralOf({ reason }: HistoryRecord): string {
  return reason ?? 'filter'
}

class Names {
  readonly #counts = new Map<string, number>()

  add(name: string, count = 1): void {
    const known = nameWithin(this.#counts, name)
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + count)
  }

  addAll(other: Names): void {
    for (const [name, count] of other.#counts) this.add(name, count)
  }

  summary(): CountsByName {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}

class FilterCounts {
  readonly #verdicts = new Names()
  readonly #errors = new Names()
  readonly #latencies = new Latencies()

  add({ action, milliseconds, code }: FilterRecord): void {
    this.#verdicts.add(action)
    if (action === 'error') this.#errors.add(code ?? 'ERROR')
    if (action !== 'skipped') this.#latencies.add(milliseconds)
  }

  addAll(other: FilterCounts): void {
    this.#verdicts.addAll(other.#verdicts)
    this.#errors.addAll(other.#errors)
    this.#latencies.addAll(other.#latencies)
  }

  summary(name: string): FilterSummary {
    const milliseconds = this.#latencies.summary()
    const counted = { name, verdicts: this.#verdicts.summary(), errors: this.#errors.summary() }
    return milliseconds === undefined ? counted : { ...counted, milliseconds }
  }
}

export class Counts {
  #messages = 0
  #bytes = 0
  readonly #actions = new Names()
  readonly #deferrals = new Names()
  readonly #latencies = new Latencies()
  readonly #filters = new Map<string, FilterCounts>()

  add(record: HistoryRecord): void {
    this.#messages += 1
    this.#bytes += record.size
    this.#actions.add(record.action)
    if (record.action === 'defer') this.#deferrals.add(deferralOf(record))
    this.#latencies.add(record.milliseconds)
    for (const filter of record.filters) this.#filter(filter.name).add(filter)
  }

  addAll(other: Counts): void {
    this.#messages += other.#messages
    this.#bytes += other.#bytes
    this.#actions.addAll(other.#actions)
    this.#deferrals.addAll(other.#deferrals)
    this.#latencies.addAll(other.#latencies)
    for (const [name, counts] of other.#filters) this.#filter(name).addAll(counts)
  }

  summary(): Summary {
    const milliseconds = this.#latencies.summary()
    const filters = [...this.#filters].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      actions: this.#actions.summary(),
      deferrals: this.#deferrals.summary(),
      ...(milliseconds !== undefined && { milliseconds }),
      filters: filters.map(([name, counts]) => counts.summary(name)),
    }
  }

  #filter(name: string): FilterCounts {
    const known = nameWithin(this.#filters, name)
    const counts = this.#filters.get(known) ?? new FilterCounts()
    this.#filters.set(known, counts)
    return counts
  }
}

function nameWithin(known: ReadonlyMap<string, unknown>, name: string): string {
  return known.has(name) || known.size < NAMES_LIMIT ? name : 'other'
}

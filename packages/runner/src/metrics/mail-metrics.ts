/** The metrics of the mail that was judged, counted from the records of the history. */
import { deferralOf } from '../history/counts.js'
import type { HistoryRecord } from '../history/record.js'
import { Counter } from './counter.js'
import { Histogram } from './histogram.js'
import type { Metric } from './metric.js'

export class MailMetrics {
  readonly #messages = new Counter(
    'candy_messages_total',
    'Messages by the mode in which they came and what was done with them; with rules for recipients one for each group.',
  )
  readonly #bytes = new Counter('candy_message_bytes_total', 'Bytes of the messages.')
  readonly #seconds = new Histogram(
    'candy_message_seconds',
    'Time from the end of the data of a message until its outcome was known.',
  )
  readonly #deferrals = new Counter('candy_deferrals_total', 'Messages that were deferred, by reason.')
  readonly #verdicts = new Counter(
    'candy_filter_verdicts_total',
    'What filters said; error: the filter could not decide; skipped: the message was larger than its max_size.',
  )
  readonly #errors = new Counter('candy_filter_errors_total', 'Errors of filters, by code.')
  readonly #filterSeconds = new Histogram('candy_filter_seconds', 'Time that filters took for a message.')

  count(record: HistoryRecord): void {
    const { mode, action, size, milliseconds, filters } = record
    this.#messages.add({ mode, action })
    this.#bytes.add({ mode }, size)
    this.#seconds.add({ mode }, milliseconds / 1000)
    if (action === 'defer') this.#deferrals.add({ reason: deferralOf(record) })
    for (const { name: filter, action: verdict, milliseconds: taken, code = 'ERROR' } of filters) {
      this.#verdicts.add({ filter, verdict })
      if (verdict === 'error') this.#errors.add({ filter, code })
      if (verdict !== 'skipped') this.#filterSeconds.add({ filter }, taken / 1000)
    }
  }

  get metrics(): readonly Metric[] {
    const counted = [this.#messages, this.#bytes, this.#seconds, this.#deferrals]
    return [...counted, this.#verdicts, this.#errors, this.#filterSeconds].map(({ metric }) => metric)
  }
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/metrics/histogram.js'
import { MailMetrics } from '../../src/metrics/mail-metrics.js'
import { printMetrics } from '../../src/metrics/metric.js'
import { makeRecord } from '../history/records.js'

function linesOf(metrics: MailMetrics, beginning: string): readonly string[] {
  const lines = printMetrics(metrics.metrics).split('\n')
  return lines.filter((line) => line.startsWith(beginning))
}

test('a record is counted by outcome, filter, verdict and reason', () => {
  const metrics = new MailMetrics()
  metrics.count(makeRecord())
  metrics.count(
    makeRecord({
      action: 'defer',
      reason: 'SCANNER_UNREACHABLE',
      filters: [
        { name: '40-size', action: 'skipped', milliseconds: 0 },
        { name: '50-clamav', action: 'error', milliseconds: 3, code: 'SCANNER_UNREACHABLE' },
      ],
    }),
  )
  metrics.count(makeRecord({ action: 'defer', filter: '50-clamav' }))
  expect(linesOf(metrics, 'candy_messages_total')).toEqual([
    'candy_messages_total{mode="smtp",action="accept"} 1',
    'candy_messages_total{mode="smtp",action="defer"} 2',
  ])
  expect(linesOf(metrics, 'candy_message_bytes_total')).toEqual(['candy_message_bytes_total{mode="smtp"} 6144'])
  expect(linesOf(metrics, 'candy_deferrals_total')).toEqual([
    'candy_deferrals_total{reason="SCANNER_UNREACHABLE"} 1',
    'candy_deferrals_total{reason="filter"} 1',
  ])
  expect(linesOf(metrics, 'candy_filter_errors_total')).toEqual([
    'candy_filter_errors_total{filter="50-clamav",code="SCANNER_UNREACHABLE"} 1',
  ])
  expect(linesOf(metrics, 'candy_filter_verdicts_total')).toEqual([
    'candy_filter_verdicts_total{filter="50-clamav",verdict="accept"} 2',
    'candy_filter_verdicts_total{filter="40-size",verdict="skipped"} 1',
    'candy_filter_verdicts_total{filter="50-clamav",verdict="error"} 1',
  ])
  expect(linesOf(metrics, 'candy_filter_seconds_count')).toEqual(['candy_filter_seconds_count{filter="50-clamav"} 3'])
})

test('metrics without a value are named all the same', () => {
  const text = printMetrics(new MailMetrics().metrics)
  expect(text).toMatch(/^# HELP candy_messages_total .+\n# TYPE candy_messages_total counter\n# HELP/)
})

test('a histogram has for each bound all that took no longer', () => {
  const seconds = fc.array(fc.integer({ min: 0, max: 1_000_000 }).map((milliseconds) => milliseconds / 1000))
  fc.assert(
    fc.property(seconds, (all) => {
      const histogram = new Histogram('h', 'help')
      for (const one of all) histogram.add({}, one)
      const { samples } = histogram.metric
      for (const { suffix, labels, value } of samples) {
        const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
        if (suffix === '_bucket') expect(value).toBe(all.filter((one) => one <= bound).length)
        if (suffix === '_count') expect(value).toBe(all.length)
        if (suffix === '_sum') expect(value).toBeCloseTo(all.reduce((sum, one) => sum + one, 0))
      }
      expect(samples.length).toBe(all.length === 0 ? 0 : 17)
    }),
  )
})

test('labels are escaped', () => {
  const samples = [{ labels: { a: 'x"\\\ny' }, value: 1 }]
  expect(printMetrics([{ name: 'm', help: 'h', type: 'gauge', samples }])).toContain('m{a="x\\"\\\\\\ny"} 1\n')
})

test('whoever writes names into the history cannot fill the memory with them', () => {
  const metrics = new MailMetrics()
  for (let n = 0; n < 1_500; n++) metrics.count(makeRecord({ action: 'defer', reason: `R${n}` }))
  metrics.count(makeRecord({ action: 'defer', reason: 'R0' }))
  const lines = linesOf(metrics, 'candy_deferrals_total')
  expect(lines).toHaveLength(1_000)
  expect(lines[0]).toBe('candy_deferrals_total{reason="R0"} 2')
})

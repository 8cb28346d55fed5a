/**
 * Metrics as Prometheus reads them: the text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */

/** The labels of one value, by name. */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** Behind the name of the metric: a histogram has several series. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
}

export interface Metric {
  readonly name: string
  /** One sentence. */
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

/** The Content-Type of the text. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Prints metrics, also those that have no value yet: so everybody can see which there are. */
export function printMetrics(metrics: readonly Metric[]): string {
  return metrics.map(printMetric).join('')
}

function printMetric({ name, help, type, samples }: Metric): string {
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${printLabels(labels)} ${print(value)}`,
  )
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function printLabels(labels: Labels): string {
  const printed = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return printed.length === 0 ? '' : `{${printed.join(',')}}`
}

function escaped(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
}

function print(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)
}

/** A metric with a single value and no labels. */
export function gauge(name: string, help: string, value: number | undefined): Metric {
  return { name, help, type: 'gauge', samples: value === undefined ? [] : [{ labels: {}, value }] }
}

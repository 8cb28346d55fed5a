/** The metrics of the service itself: the configuration in force, workers, filters, and what lies on the disk. */
import { gauge, type Metric, type Sample } from '../metrics/metric.js'
import type { HealthRound, StatusAnswer } from './control-message.js'

/** How often the service was reloaded since it was started. */
export interface ReloadCounts {
  inForce: number
  refused: number
}

/** `refused`: the files have been refused at the start, or at the last reload. */
export function serviceMetrics(
  status: Omit<StatusAnswer, 'windows'>,
  reloads: ReloadCounts,
  refused: boolean,
): readonly Metric[] {
  const { started, inForce, workers, health, spool, quarantine, disk, history } = status
  return [
    gauge('candy_start_time_seconds', 'When the service was started: seconds since 1970.', secondsOf(started)),
    gauge('candy_generation', 'The number of the configuration in force, from 1 at the start.', inForce.generation),
    gauge('candy_generation_start_time_seconds', 'Since when it is in force.', secondsOf(inForce.since)),
    gauge(
      'candy_configuration_refused',
      '1 when the files were refused at the start or the last reload, so that an older configuration is in force.',
      refused ? 1 : 0,
    ),
    {
      name: 'candy_reloads_total',
      help: 'Reloads, by result.',
      type: 'counter',
      samples: [
        { labels: { result: 'in_force' }, value: reloads.inForce },
        { labels: { result: 'refused' }, value: reloads.refused },
      ],
    },
    {
      name: 'candy_workers',
      help: 'Worker processes; active: it takes mail; standby: it is ready to.',
      type: 'gauge',
      samples: [
        { labels: { state: 'active' }, value: workers.active },
        { labels: { state: 'standby' }, value: workers.standby },
      ],
    },
    {
      name: 'candy_worker_deaths_total',
      help: 'Worker processes that have died.',
      type: 'counter',
      samples: [{ labels: {}, value: workers.deaths }],
    },
    gauge('candy_sessions', 'Sessions with Postfix that are under way.', workers.sessions),
    gauge('candy_spool_bytes', 'Bytes of messages under way that are in files.', spool.bytes),
    gauge('candy_quarantine_messages', 'Messages in the quarantine.', quarantine?.messages),
    gauge('candy_quarantine_bytes', 'Bytes of the messages in the quarantine.', quarantine?.bytes),
    gauge('candy_disk_free_bytes', 'Bytes that are free for the state directory.', disk?.free),
    {
      name: 'candy_history_damaged_lines_total',
      help: 'Lines of the history that could not be counted.',
      type: 'counter',
      samples: [{ labels: {}, value: history.damaged }],
    },
    ...healthMetrics(health),
  ]
}

function healthMetrics({ checked, filters = [] }: Partial<HealthRound> = {}): readonly Metric[] {
  const details = filters.flatMap(({ name, details = {} }) =>
    Object.entries(details).map(([detail, value]) => ({ labels: { filter: name, detail }, value })),
  )
  return [
    {
      name: 'candy_filter_healthy',
      help: '1 when the filter said that it can work and nothing is to do, by its own check.',
      type: 'gauge',
      samples: filters.map(({ name, ok }) => ({ labels: { filter: name }, value: ok ? 1 : 0 })),
    },
    gauge(
      'candy_filter_check_time_seconds',
      'When filters were asked last: seconds since 1970.',
      checked === undefined ? undefined : secondsOf(checked),
    ),
    {
      name: 'candy_filter_detail',
      help: 'Numbers that filters told when they were asked.',
      type: 'gauge',
      samples: details.flatMap(({ labels, value }): Sample[] => (typeof value === 'number' ? [{ labels, value }] : [])),
    },
    {
      name: 'candy_filter_detail_time_seconds',
      help: 'Times that filters told when they were asked: seconds since 1970. signatures_from: how old signatures are.',
      type: 'gauge',
      samples: details.flatMap(({ labels, value }): Sample[] =>
        isTime(value) ? [{ labels, value: secondsOf(value) }] : [],
      ),
    },
  ]
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value))
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000
}

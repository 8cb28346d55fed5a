/** Invented records of a month: mail follows the working day, one day spam comes in floods, and on one clamd is down for two hours. */
import type { HistoryRecord } from '../../src/history/record.js'

type FilterRecord = HistoryRecord['filters'][number]

const DAY = 86_400_000

/** More of a weekday, fewest at night: how much of the mail of a day comes in each hour. */
const HOURS = [2, 1, 1, 1, 1, 2, 4, 7, 11, 14, 14, 13, 10, 12, 13, 12, 11, 8, 6, 5, 4, 4, 3, 2]
const WEEKDAYS = [3, 10, 11, 11, 10, 9, 4]

const SIGNATURES = [
  'Heuristics.Phishing.Email.SpoofedDomain',
  'Win.Trojan.Emotet-9951800-0',
  'Doc.Dropper.Agent-10001729-0',
  'Html.Phishing.Bank-6297384-1',
  'Eicar-Test-Signature',
  'Pdf.Malware.Agent-7412288-0',
]

export interface Month {
  /** Its first day, at midnight. */
  readonly from: Date
  readonly days: number
  readonly messages: number
}

/** The records in order of their time; the same ones each time. */
export function* inventMonth({ from, days, messages }: Month): Generator<HistoryRecord, void, void> {
  const random = makeRandom(20261127)
  const dayOf = (day: number): Date => new Date(from.getFullYear(), from.getMonth(), from.getDate() + day)
  const shares = Array.from({ length: days }, (_, day) => {
    const flood = day === 17 ? 1.6 : 1
    return (WEEKDAYS[dayOf(day).getDay()] ?? 0) * (0.9 + 0.2 * random()) * flood
  })
  const sum = shares.reduce((all, share) => all + share, 0)
  let made = 0
  for (const [day, share] of shares.entries()) {
    const count = day === days - 1 ? messages - made : Math.round((messages * share) / sum)
    const offsets = Array.from({ length: count }, () => offsetIn(random)).sort((a, b) => a - b)
    for (const offset of offsets)
      yield inventRecord({ time: dayOf(day).getTime() + offset, number: made++, day, random })
  }
}

function offsetIn(random: () => number): number {
  let left = random() * HOURS.reduce((all, share) => all + share, 0)
  const hour = HOURS.findIndex((share) => {
    left -= share
    return left <= 0
  })
  return Math.min(Math.floor((hour + random()) * (DAY / 24)), DAY - 1)
}

interface Moment {
  readonly time: number
  readonly number: number
  readonly day: number
  readonly random: () => number
}

function inventRecord({ time, number, day, random }: Moment): HistoryRecord {
  const hour = new Date(time).getHours()
  const down = day === 9 && (hour === 10 || hour === 11)
  const flood = day === 17
  const clamav = scan(random, down)
  const spamassassin = score(random, flood)
  const size = Math.round(1_500 * 2 ** (random() ** 3 * 13))
  const base = {
    time: new Date(time).toISOString(),
    id: number.toString(36).toUpperCase().padStart(12, '0'),
    mode: 'smtp',
    size,
    recipients: random() < 0.88 ? 1 : 1 + Math.floor(random() * 5),
    filters: [clamav, spamassassin],
    milliseconds: Math.max(clamav.milliseconds, spamassassin.milliseconds) + 3 + Math.round(random() * 6),
  }
  if (clamav.action === 'error')
    return { ...base, action: 'defer', filter: clamav.name, reason: clamav.code ?? 'ERROR' }
  if (clamav.action !== 'accept') return { ...base, action: 'quarantine', filter: clamav.name }
  if (spamassassin.action === 'reject') return { ...base, action: 'refuse', filter: spamassassin.name }
  if (spamassassin.action === 'quarantine') return { ...base, action: 'quarantine', filter: spamassassin.name }
  return random() < 0.0004 ? { ...base, action: 'defer', reason: 'NEXT_HOP' } : { ...base, action: 'accept' }
}

function scan(random: () => number, down: boolean): FilterRecord {
  const name = '20-clamav'
  const milliseconds = Math.round(2 + 18 * -Math.log(random()))
  if (down) {
    const text = 'no clamd answers at unix:/run/clamav/clamd.ctl: connect ECONNREFUSED'
    return { name, action: 'error', milliseconds: 30_000, code: 'SCANNER_UNREACHABLE', text }
  }
  if (random() < 0.0009)
    return {
      ...{ name, action: 'unscannable', milliseconds },
      text: 'this message cannot be scanned for viruses: Heuristics.Encrypted.Zip',
    }
  if (random() > 0.004) return { name, action: 'accept', milliseconds }
  const signature = SIGNATURES[Math.floor(random() ** 2 * SIGNATURES.length)] ?? ''
  return { name, action: 'reject', milliseconds, text: `virus found: ${signature}` }
}

function score(random: () => number, flood: boolean): FilterRecord {
  const name = '60-spamassassin'
  const milliseconds = Math.round(90 + 160 * -Math.log(random()) + (random() < 0.01 ? 4_000 * random() : 0))
  const spam = random() < (flood ? 0.42 : 0.11)
  if (!spam) return { name, action: 'accept', milliseconds }
  const points = 5 + 12 * random() ** 2
  const action = points > 8 ? 'reject' : points > 6 ? 'quarantine' : 'accept'
  if (action === 'accept') return { name, action, milliseconds }
  return { name, action, milliseconds, text: `this message looks like spam (score ${points.toFixed(1)})` }
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a next hop may do wrong, at random: up to three things, each at one step of one of its first connections. */
import fc from 'fast-check'
import { type Act, STEPS, type Step } from './misbehaving-next-hop.js'

const text = fc.constantFrom(
  '250 2.0.0 Ok\r\n',
  '250-2.0.0 Ok\r\n',
  '354 go on\r\n',
  '421 4.3.2 closing\r\n',
  '451 4.3.0 not now\r\n',
  '452 4.3.1 no room\r\n',
  '554 5.7.1 go away\r\n',
  '552 5.3.4 too big\r\n',
  '221 2.0.0 Bye\r\n',
  '250-kept\r\n550 not kept\r\n',
  '250-\r\n'.repeat(12_000),
  'nonsense\r\n',
  '\0\xff',
  '250',
  '\r\n',
  '',
)

const misdeed: fc.Arbitrary<Act> = fc.record(
  {
    before: text,
    say: text,
    after: text,
    drip: fc.boolean(),
    ending: fc.constantFrom('close' as const, 'silence' as const),
  },
  { requiredKeys: [] },
)

interface Misdeed {
  readonly step: Step
  /** Counts from 1. */
  readonly connection: number
  readonly act: Act
}

export const misdeeds: fc.Arbitrary<readonly Misdeed[]> = fc.array(
  fc.record({ step: fc.constantFrom(...STEPS), connection: fc.integer({ min: 1, max: 4 }), act: misdeed }),
  { minLength: 1, maxLength: 3 },
)

/**
 * A reply that is sent in the middle of content may cross with its end on the wire, and then it cannot be told from the reply to
 * the message. So nothing is sent there, and a reply too many just before it is not sent so slowly that it would come there.
 */
export function actsOf(all: readonly Misdeed[]): (step: Step, connection: number) => Act {
  return (step, connection) => {
    const { act = {} } = all.find((one) => one.step === step && one.connection === connection) ?? {}
    if (step === 'content') return act.ending === undefined ? {} : { ending: act.ending }
    const hasMore = act.before !== undefined || act.after !== undefined
    return hasMore && (step === 'rcpt' || step === 'data') ? { ...act, drip: false } : act
  }
}

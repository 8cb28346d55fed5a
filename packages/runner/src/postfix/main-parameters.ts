/**
 * The parameters that candy sets in main.cf. A parameter that begins with the name of a transport concerns only that transport
 * (qmgr(8), pipe(8)). Without these, candy's transports would follow the parameters `default_…`, and a site that uses those to
 * limit deliveries to other hosts would also slow down every message on its way to the filters.
 */

import { TRANSPORTS } from './mode.js'
import type { ParameterSetting } from './parameter-setting.js'

/** Seconds after which pipe(8) kills the command and bounces the message. */
const TIME_LIMIT = 1000

const SCHEDULING =
  'All mail goes through this one transport, so limits that main.cf sets for other transports must not slow it down.'

/** The parameters of each transport. A value without a reason is Postfix's own default. */
const transportParameters: readonly (readonly [name: string, value: string, why?: string])[] = [
  ['destination_recipient_limit', '1000', 'A message is judged once, and not once for every 50 recipients.'],
  [
    'destination_concurrency_failed_cohort_limit',
    '0',
    'One refused connection must not suspend all mail for minimal_backoff_time.',
  ],
  ['destination_rate_delay', '0s'],
  ['transport_rate_delay', '0s'],
  ['destination_concurrency_limit', '20'],
  ['destination_concurrency_positive_feedback', '1'],
  ['destination_concurrency_negative_feedback', '1'],
  ['initial_destination_concurrency', '5'],
  ['recipient_limit', '20000'],
  ['extra_recipient_limit', '1000'],
  ['recipient_refill_limit', '100'],
  ['recipient_refill_delay', '5s'],
  ['delivery_slot_cost', '5'],
  ['delivery_slot_discount', '50'],
  ['delivery_slot_loan', '3'],
  ['minimum_delivery_slots', '3'],
]

export const mainParameters: readonly ParameterSetting[] = [
  {
    name: 'candy_time_limit',
    value: `${TIME_LIMIT}s`,
    why: 'It must be longer than --limit, whatever command_time_limit is.',
  },
  ...TRANSPORTS.flatMap((transport) =>
    transportParameters.map(([name, value, why = SCHEDULING]) => ({ name: `${transport}_${name}`, value, why })),
  ),
]

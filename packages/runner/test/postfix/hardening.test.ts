import { expect, test } from 'vitest'
import { candyServices } from '../../src/postfix/services.js'
import { instanceOf } from './shapes.js'

const PIPE = '/opt/candy/candy-pipe'

test.each([
  [true, `argv=${PIPE} --limit`],
  [false, `argv=${PIPE} --jitless --limit`],
])('the command of pipe mode, where Postfix may make memory executable: %j', (mayMakeCode, begins) => {
  const services = candyServices(instanceOf({ mayMakeCode }), PIPE)
  const pipe = services.find(({ service }) => service === 'candy')
  expect(pipe?.args?.join(' ')).toContain(begins)
})

import { test } from 'vitest'
import { contract } from '../../src/testing/index.js'
import { answer, scanner } from './contract/daemon.js'

contract({ test, filter: scanner(), backend: answer, options: (backend) => ({ address: backend.address }) })

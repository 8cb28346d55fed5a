export { type ConnectOptions, connect, isStarting } from './connect.js'
export { drained } from './drained.js'
export { type AskOptions, Failover, type FailoverOptions } from './failover.js'
export { classifyFailure, FailoverError, type FailureKind, type ServerFailure } from './failure.js'

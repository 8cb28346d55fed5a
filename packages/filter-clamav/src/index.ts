/**
 * `filter` is what a runner loads. The client is for programs that scan bytes with clamd and have no runner: it is public API.
 */
export { type ClamdClient, type ClamdClientOptions, type ClamdScanResult, createClamdClient } from './clamd/client.js'
export { ClamdError, type ClamdErrorCode } from './clamd/error.js'
export type { ClamdVersion } from './clamd/version.js'
export { filter } from './filter.js'

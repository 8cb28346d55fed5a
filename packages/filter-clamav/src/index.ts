export { type ClamdClient, type ClamdClientOptions, createClamdClient, type ScanResult } from './clamd/client.js'
export { ClamdError, type ClamdErrorCode } from './clamd/error.js'
export type { Version } from './clamd/version.js'
export { filter } from './filter.js'

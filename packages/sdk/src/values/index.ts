export { parseAddress, printAddress, type ServiceAddress } from './address.js'
export { ValueError } from './error.js'
export { parseDuration, parsePeriod, parseSize } from './measure.js'
export { valueProblem } from './problem.js'

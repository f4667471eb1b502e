export { isPromise } from 'node:util/types'

import './installation/check-node.ts'
export { createOtelListener, type OtelListenerOptions } from './otel/otel-listener.ts'

export { createOtelListener, type OtelListenerOptions } from './otel/otel-listener.ts'

import './installation/check-node.ts'
export { createNode } from './node/create-node.ts'
export type { NodeOptions, NodeSessionOptions, SessionNode, UseOptions } from './node/node-options.ts'
export type { SharedStore } from './storage/shared/shared-store.ts'
export type {
  FleetEngine,
  FleetNeed,
  FleetNode,
  FleetQueue,
  FleetReport,
  FleetTenant,
} from './storage/logs/fleet-report.ts'
export { fleetReport, type FleetReportOptions } from './store/fleet-report.ts'
export { markDraining } from './store/mark-draining.ts'
export { postgresStore, type PostgresStoreOptions } from './store/postgres-store.ts'
export { sqliteStore } from './store/sqlite-store.ts'
export type { StoreOptions } from './store/store-options.ts'
export { pullSession, pushSession, type MoveSessionOptions } from './store/move-sessions.ts'
export type { MovedSession } from './storage/moving/move-parts.ts'

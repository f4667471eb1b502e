import type { SourceChange } from '../support/built-program.ts'

/** Protections that a campaign takes out, to show that it notices. */
export const breaks = ['fence', 'barrier', 'synchronous-commit', 'owner-clock', 'blob', 'lease-start'] as const

export type Break = (typeof breaks)[number]

/** The text of the package that each of them changes. */
export const changes: Readonly<Record<Break, Omit<SourceChange, 'name'>>> = {
  // The row of an earlier owner replaces that of a later one.
  fence: {
    file: 'src/storage/logs/postgres/insert-rows.ts',
    from: `    SELECT FROM @.log WHERE tenant = $1::text AND session = $2::text AND seq = $3::bigint - 1 AND sum = $9::uuid)
  ON CONFLICT DO NOTHING`,
    to: `    SELECT FROM @.log WHERE tenant = $1::text AND session = $2::text AND seq = $3::bigint - 1 AND sum = $9::uuid)
  ON CONFLICT (tenant, session, seq) DO UPDATE SET epoch = excluded.epoch, took = excluded.took, sum = excluded.sum,
    at = excluded.at, projection = excluded.projection, body = excluded.body`,
  },
  // An effect does not wait for its record.
  barrier: {
    file: 'src/storage/shared/record-log.ts',
    from: 'if (this.#pending !== null) return this.#pending\n',
    to: 'if (this.#pending !== null) return null\n',
  },
  // A server that loses confirmed commits is accepted.
  'synchronous-commit': {
    file: 'src/storage/logs/postgres/check-server.ts',
    from: "if (fields.text(setting) !== 'off') continue\n",
    to: 'continue\n',
  },
  // Effects do not stop before the end of the lease.
  'owner-clock': {
    file: 'src/storage/shared/record-log.ts',
    from: 'return this.#log.heldUntil.remainingMs() > leaseMarginMs\n',
    to: 'return true\n',
  },
  // Long strings of a session are not stored.
  blob: {
    file: 'src/storage/logs/node/owned-log.ts',
    from: 'await this.#parts.database.putBlobPart(this.name, { scope, digest, part, parts }, body)\n',
    to: "if (scope === 'tenant') await this.#parts.database.putBlobPart(this.name, { scope, digest, part, parts }, body)\n",
  },
  // The lease counts from when its renewal was confirmed.
  'lease-start': {
    file: 'src/storage/logs/node/node-lease.ts',
    from: 'this.#renewedAt = sentAt\n',
    to: 'this.#renewedAt = { wall: this.#clocks.wall(), monotonic: this.#clocks.monotonic() }\n',
  },
}

/** The violations by which a campaign notices. */
export const signs: Readonly<Record<Break, RegExp>> = {
  fence: /lost rows of session|follows row|SESSION_INVALID|by a process that had lost the session/,
  barrier: /before its record was durable/,
  'synchronous-commit': /lost rows of session|is on no ledger|was called twice|before its record was durable/,
  'owner-clock': /by a process that had lost the session/,
  blob: /SESSION_INVALID/,
  'lease-start': /by a process that had lost the session/,
}

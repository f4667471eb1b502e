import { availableParallelism, cpus, totalmem } from 'node:os'

/** Describes the machine and the date of a run, in one line of Markdown. */
export function machineLine({ quick }: { readonly quick: boolean }): string {
  const [processor] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  const facts = [
    `${availableParallelism()} cores (${processor?.model.trim() ?? 'unknown'})`,
    `${memory} GB`,
    `${process.platform} ${process.arch}`,
    `Node ${process.versions.node}`,
    new Date().toISOString().slice(0, 10),
  ]
  return `${facts.join(', ')}${quick ? '; a quick run of one round: take it as a hint only' : ''}.`
}

import { deep, type HostileBundle } from './hostile-bundle.ts'

type Case = readonly [what: string, damage: (bundle: HostileBundle) => void, reason: string | RegExp]

/** Rejected bundles, and the reasons. */
export const rejected: readonly Case[] = [
  [
    'events in reverse order',
    (bundle) => bundle.writeLines(bundle.lines().toReversed()),
    'missing or reordered trace event 1',
  ],
  ['a repeated event', (bundle) => bundle.insertLine(4, bundle.lines()[4] ?? ''), 'missing or reordered trace event 6'],
  [
    'a missing event',
    (bundle) => bundle.writeLines(bundle.lines().toSpliced(4, 1)),
    'missing or reordered trace event 5',
  ],
  [
    'an event after the last one',
    (bundle) => bundle.append('trace.jsonl', `${bundle.lines().at(-1)}\n`),
    /missing or reordered trace event \d+/,
  ],
  [
    'a newer schema',
    (bundle) => bundle.replace('manifest.json', '"schema_version": 2', '"schema_version": 4'),
    /^trace schema 4 /,
  ],
  [
    'an event of another schema',
    (bundle) => bundle.replace('trace.jsonl', '"schema_version":2', '"schema_version":3'),
    'unsupported trace event schema 3 at line 1',
  ],
  [
    'an event of another rollout',
    (bundle) => bundle.replace('trace.jsonl', /"rollout_id":"[^"]*"/, '"rollout_id":"other"'),
    'trace event belongs to another rollout',
  ],
  [
    'an event of an unknown type',
    (bundle) => bundle.replace('trace.jsonl', 'codex_turn_started', 'hologram'),
    /^parse trace event line \d+ \(unknown event type "hologram"\)$/,
  ],
  [
    'a log that begins with a byte order mark',
    (bundle) => bundle.replace('trace.jsonl', '{', '\ufeff{'),
    /^parse trace event line 1 /,
  ],
  [
    'a manifest that begins with a byte order mark',
    (bundle) => bundle.replace('manifest.json', '{', '\ufeff{'),
    /^manifest\.json is not JSON/,
  ],
  ['a manifest of 2 GiB', (bundle) => bundle.grow('manifest.json', 2 ** 31), /^Cannot read .*it has \d+ bytes/],
  [
    'a manifest that is nested too deeply',
    (bundle) => bundle.write('manifest.json', deep),
    /^manifest\.json is nested deeper than 500/,
  ],
  [
    'a manifest that names a file outside the bundle',
    (bundle) => bundle.replace('manifest.json', '"trace.jsonl"', '"../secret"'),
    /the path is not inside the bundle$/,
  ],
  [
    'a manifest that names a device',
    (bundle) => bundle.replace('manifest.json', '"trace.jsonl"', '"/dev/zero"'),
    /the path is not inside the bundle$/,
  ],
  [
    'a manifest that names itself',
    (bundle) => bundle.replace('manifest.json', '"trace.jsonl"', '"manifest.json"'),
    /^parse trace event line 1 /,
  ],
  [
    'a manifest that names a folder',
    (bundle) => bundle.replace('manifest.json', '"trace.jsonl"', '"payloads"'),
    /it is not a regular file$/,
  ],
  [
    'a manifest that is a link to a file outside the bundle',
    (bundle) => bundle.link('manifest.json', bundle.secret),
    /the link leads out of the bundle$/,
  ],
  [
    'a log that is a link to a device',
    (bundle) => bundle.link('trace.jsonl', '/dev/zero'),
    /the link leads out of the bundle$/,
  ],
  ['a log that is a link to itself', (bundle) => bundle.link('trace.jsonl', 'trace.jsonl'), /ELOOP/],
  ['a log that is a pipe', (bundle) => bundle.pipe('trace.jsonl'), /it is not a regular file$/],
  ['a payload that is a pipe', (bundle) => bundle.pipe('payloads/1.json'), /it is not a regular file$/],
  [
    'a folder of payloads that is a link out of the bundle',
    (bundle) => bundle.link('payloads', bundle.folder),
    /^open payload raw_payload:1$/,
  ],
  [
    'a payload that is a link to a file outside the bundle',
    (bundle) => bundle.link('payloads/1.json', bundle.secret),
    /the link leads out of the bundle$/,
  ],
  [
    'a payload with a name of 100,000 characters',
    (bundle) => bundle.replace('trace.jsonl', 'payloads/1.json', 'x'.repeat(100_000)),
    /ENAMETOOLONG/,
  ],
  [
    'a payload of 1 GiB',
    (bundle) => bundle.grow('payloads/1.json', 2 ** 30),
    /it has 1073741824 bytes, more than 268435456$/,
  ],
  [
    'a payload of 10 million values',
    (bundle) => bundle.write('payloads/1.json', `{"input":[${'{},'.repeat(1e7)}{}]}`),
    /^payload raw_payload:1 has more than 4194304 values$/,
  ],
  [
    'a payload that is not UTF-8',
    (bundle) => bundle.write('payloads/1.json', Buffer.from([0xff, 0xfe, 0x00])),
    /^payload raw_payload:1 is not JSON/,
  ],
  [
    'an event of 10 million values',
    (bundle) => bundle.insertLine(0, `{"x":[${'{},'.repeat(1e7)}{}]}`),
    'trace event line 1 has more than 4194304 values',
  ],
  [
    'a log of one line of 1 GiB',
    (bundle) => bundle.grow('trace.jsonl', 2 ** 30),
    /a line is longer than 67108864 bytes$/,
  ],
  [
    'a log of 1.1 million blank lines',
    (bundle) => bundle.append('trace.jsonl', ' \n'.repeat(1.1e6)),
    'more than 1000000 blank lines',
  ],
]

/** Unusual bundles that are accepted. */
export const read: readonly (readonly [what: string, change: (bundle: HostileBundle) => void])[] = [
  ['a log with the line ends of Windows', (bundle) => bundle.writeLines(bundle.lines(), '\r\n')],
  ['a log without a final line end', (bundle) => bundle.write('trace.jsonl', bundle.lines().join('\n'))],
  [
    'bytes that are not UTF-8 in a field that is not read',
    (bundle) => bundle.insertBytes('"wall_time_unix_ms"', '"x":"\xff\xfe\xc0",'),
  ],
  ['deep nesting in a field that is not read', (bundle) => bundle.insertBytes('"wall_time_unix_ms"', `"x":${deep},`)],
  [
    'a line of almost 64 MiB',
    (bundle) => bundle.insertBytes('"wall_time_unix_ms"', `"x":"${'x'.repeat(2 ** 26 - 1000)}",`),
  ],
  [
    'files and links that no event names',
    (bundle) => {
      bundle.link('payloads/99.json', '/dev/zero')
      bundle.link('cells', '/dev')
      bundle.pipe('more')
    },
  ],
  ['a state that is a link to a file outside', (bundle) => bundle.link('state.json', bundle.secret)],
]

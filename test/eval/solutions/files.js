// See shop.js.

export const fileSolutions = {
  'files-read-version': {
    right: async (call) => JSON.parse((await call('files/read_file', { path: 'config/app-07.json' })).text).version,
    wrong: {
      'another file': async (call) =>
        JSON.parse((await call('files/read_file', { path: 'config/app-08.json' })).text).version,
    },
  },
  'files-vendor-total': {
    right: async (call) => {
      const { names } = await call('files/list_folder', { path: 'invoices' })
      const files = await Promise.all(names.map((name) => call('files/read_file', { path: `invoices/${name}` })))
      const own = files.filter(({ text }) => text.includes('\nVendor: Halden GmbH\n'))
      const cents = own.map(({ text }) => Math.round(Number(/^Total: ([\d.]+)/m.exec(text)[1]) * 100))
      return (cents.reduce((sum, value) => sum + value, 0) / 100).toFixed(2)
    },
    wrong: {
      'the name of another vendor too': async (call) => {
        const { names } = await call('files/list_folder', { path: 'invoices' })
        const files = await Promise.all(names.map((name) => call('files/read_file', { path: `invoices/${name}` })))
        const own = files.filter(({ text }) => text.includes('Halden'))
        return own.reduce((sum, { text }) => sum + Number(/^Total: ([\d.]+)/m.exec(text)[1]), 0).toFixed(2)
      },
      'only ten found lines': async (call) => {
        const { lines } = await call('files/search_text', { path: 'invoices', query: 'Vendor: Halden GmbH', max: 10 })
        const texts = await Promise.all(lines.slice(1).map(({ path }) => call('files/read_file', { path })))
        return texts.reduce((sum, { text }) => sum + Number(/^Total: ([\d.]+)/m.exec(text)[1]), 0).toFixed(2)
      },
    },
  },
  'files-overdue': {
    right: async (call) => {
      const { names } = await call('files/list_folder', { path: 'invoices' })
      const files = await Promise.all(names.map((name) => call('files/read_file', { path: `invoices/${name}` })))
      const late = files.filter(({ text }) => /^Paid: no$/m.test(text) && /^Due: (.*)$/m.exec(text)[1] < '2026-02-15')
      return late.map(({ text }) => /INVOICE (\d+)/.exec(text)[1]).join(', ')
    },
    wrong: {
      'the date of the invoice instead of the due date': async (call) => {
        const { names } = await call('files/list_folder', { path: 'invoices' })
        const files = await Promise.all(names.map((name) => call('files/read_file', { path: `invoices/${name}` })))
        const late = files.filter(
          ({ text }) => /^Paid: no$/m.test(text) && /^Date: (.*)$/m.exec(text)[1] < '2026-02-15',
        )
        return late.map(({ text }) => /INVOICE (\d+)/.exec(text)[1]).join(', ')
      },
    },
  },
  'files-rename-setting': {
    right: async (call) => {
      const { names } = await call('files/list_folder', { path: 'config' })
      let changed = 0
      for (const name of names) {
        const path = `config/${name}`
        const config = JSON.parse((await call('files/read_file', { path })).text)
        if (config.http.retries === undefined) continue
        const { retries: maxRetries, ...http } = config.http
        await call('files/write_file', {
          path,
          text: JSON.stringify({ ...config, http: { ...http, maxRetries } }, null, 2),
        })
        changed++
      }
      return String(changed)
    },
    wrong: {
      'the settings of queues too': async (call) => {
        const { names } = await call('files/list_folder', { path: 'config' })
        for (const name of names) {
          const path = `config/${name}`
          const { text } = await call('files/read_file', { path })
          if (text.includes('"retries"'))
            await call('files/write_file', { path, text: text.replaceAll('"retries"', '"maxRetries"') })
        }
        return 'done'
      },
      'an answer without changes': async () => 'done',
    },
  },
  'files-totals-csv': {
    right: async (call) => {
      const { names } = await call('files/list_folder', { path: 'invoices' })
      const files = await Promise.all(names.map((name) => call('files/read_file', { path: `invoices/${name}` })))
      const sums = {}
      for (const { text } of files) {
        const vendor = /^Vendor: (.*)$/m.exec(text)[1]
        sums[vendor] = (sums[vendor] ?? 0) + Math.round(Number(/^Total: ([\d.]+)/m.exec(text)[1]) * 100)
      }
      const rows = Object.keys(sums)
        .sort()
        .map((vendor) => `${vendor},${(sums[vendor] / 100).toFixed(2)}`)
      await call('files/write_file', { path: 'reports/totals.csv', text: `vendor,total\n${rows.join('\n')}\n` })
      return 'done'
    },
    wrong: {
      'without a header': async (call) => {
        await call('files/write_file', { path: 'reports/totals.csv', text: 'Halden GmbH,1\n' })
        return 'done'
      },
    },
  },
  'files-archive-notes': {
    right: async (call) => {
      const { names } = await call('files/list_folder', { path: 'notes' })
      for (const name of names) {
        const { text } = await call('files/read_file', { path: `notes/${name}` })
        if (text.split('\n')[0] === 'status: done')
          await call('files/move_file', { from: `notes/${name}`, to: `archive/${name}` })
      }
      return 'done'
    },
    wrong: {
      'all notes with the word': async (call) => {
        const { names } = await call('files/list_folder', { path: 'notes' })
        for (const name of names) {
          const { text } = await call('files/read_file', { path: `notes/${name}` })
          if (text.includes('status: done'))
            await call('files/move_file', { from: `notes/${name}`, to: `archive/${name}` })
        }
        return 'done'
      },
    },
  },
}

const first =
  'Ada Bela Carla Dario Edda Fabio Greta Hanno Ines Jonas Kira Lars Mira Nils Olga Paula Quinn Rosa Sven Tilda Udo Vera Wim Xenia Yara Zeno'.split(
    ' ',
  )

const last =
  'Abel Brandt Costa Duarte Ekman Ferro Gruber Holm Ivers Jansen Keller Lorenz Moser Novak Okafor Petrov Quist Rossi Sato Thorn Ueda Varga Weiss Yilmaz Zander'.split(
    ' ',
  )

/** Returns different names of people. */
export function peopleNames(random, count) {
  const all = first.flatMap((one) => last.map((other) => `${one} ${other}`))
  return random.shuffled(all).slice(0, count)
}

export function emailOf(name, domain = 'example.org') {
  return `${name.toLowerCase().replaceAll(' ', '.')}@${domain}`
}

/** Returns a date, as YYYY-MM-DD, that is some days after another. */
export function dayAfter(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

/** A certificate with its key and the authority that it trusts, in PEM. */
export type Pem = { readonly cert: string; readonly key: string; readonly ca: string }

export type CertificateWish = {
  /** Alternative names, as OpenSSL writes them. */
  readonly names?: readonly string[]
  readonly commonName?: string
  /** Whether another authority signs it. */
  readonly isForeign?: boolean
  /** Begin and end of its validity, as `YYYYMMDDHHMMSSZ`. */
  readonly validity?: readonly [from: string, to: string]
  readonly usage?: 'serverAuth' | 'clientAuth'
}

/** Authorities and certificates, made by `openssl` in a temporary folder. */
export class Certificates implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'codecell-certificates-'))
  #count = 0

  constructor() {
    for (const name of ['ca', 'foreign']) {
      const files = `-keyout ${this.#file(`${name}.key`)} -out ${this.#file(`${name}.pem`)}`
      const extensions = '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign'
      this.#run(`req -x509 ${newKey} -days 2 -subj /CN=${name} ${files} ${extensions}`)
    }
  }

  #file(name: string): string {
    return join(this.folder, name)
  }

  #run(words: string): void {
    execFileSync('openssl', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
  }

  #read(name: string): string {
    return readFileSync(this.#file(name), 'utf8')
  }

  /** Makes a certificate for loopback addresses. Its files are in the folder, as `NUMBER.pem` and `NUMBER.key`. */
  make({ names = ['IP:127.0.0.1', 'DNS:localhost'], commonName = 'node', usage, ...wish }: CertificateWish = {}): Pem {
    const name = String(++this.#count)
    const { isForeign = false, validity } = wish
    const authority = isForeign ? 'foreign' : 'ca'
    const file = this.#file(name)
    this.#run(`req ${newKey} -subj /CN=${commonName} -keyout ${file}.key -out ${file}.csr`)
    const alternatives = names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`]
    const usages = usage === undefined ? [] : [`extendedKeyUsage=${usage}`]
    writeFileSync(`${file}.ext`, `${['authorityKeyIdentifier=keyid', ...alternatives, ...usages].join('\n')}\n`)
    // `openssl x509 -req` cannot set the begin of the validity before version 3.4.
    const dates = validity === undefined ? '-days 1' : `-startdate ${validity[0]} -enddate ${validity[1]}`
    const signer = `-cert ${this.#file(`${authority}.pem`)} -keyfile ${this.#file(`${authority}.key`)}`
    const files = `-in ${file}.csr -out ${file}.pem -extfile ${file}.ext`
    this.#run(`ca -batch -notext -config ${this.#database(name)} ${signer} ${files} ${dates}`)
    return { cert: this.#read(`${name}.pem`), key: this.#read(`${name}.key`), ca: this.#read('ca.pem') }
  }

  /** Creates the files that `openssl ca` needs, and returns the path of its configuration. */
  #database(name: string): string {
    const folder = this.#file(`${name}.db`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.txt'), '')
    const settings = [`database=${folder}/index.txt`, `new_certs_dir=${folder}`, 'rand_serial=yes', 'default_md=sha256']
    const lines = ['[ca]', 'default_ca=all', '[all]', ...settings, 'policy=any', '[any]', 'commonName=supplied']
    writeFileSync(join(folder, 'ca.cnf'), `${lines.join('\n')}\n`)
    return join(folder, 'ca.cnf')
  }

  /** The flags of the certificate that was made last. */
  get flags(): readonly string[] {
    const name = String(this.#count)
    const [cert, key, ca] = [this.#file(`${name}.pem`), this.#file(`${name}.key`), this.#file('ca.pem')]
    return ['--tls-cert', cert, '--tls-key', key, '--tls-ca', ca]
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

import { createDatabase } from './lib/database.js'
import { dayAfter, emailOf, peopleNames } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, dateOf, integer, pageOf, serve, text } from './lib/serve.js'

// A shop: customers, products, orders with lines, refunds.

const random = randomOf(11)
const cities = ['Bergen', 'Cork', 'Graz', 'Lyon', 'Porto', 'Riga', 'Turin', 'Utrecht']
const customers = peopleNames(random, 60).map((name, at) => ({
  id: 501 + at,
  name,
  email: emailOf(name),
  city: random.pick(cities),
}))
const categories = ['Garden', 'Kitchen', 'Office', 'Outdoor', 'Toys']
const things = ['Basket', 'Lamp', 'Chair', 'Mug', 'Tent', 'Puzzle', 'Shelf', 'Rake', 'Kettle', 'Globe']
const colors = ['Amber', 'Blue', 'Coral', 'Dark', 'Elm', 'Fir', 'Gold', 'Husk']
const products = random
  .shuffled(colors.flatMap((color) => things.map((thing) => `${color} ${thing}`)))
  .slice(0, 64)
  .map((name, at) => ({
    sku: `P-${100 + at}`,
    name,
    category: random.pick(categories),
    price_cents: random.integer(3, 190) * 50 - 1,
    stock: random.integer(0, 60),
  }))
const statuses = ['pending', 'packed', 'paid', 'paid', 'shipped', 'shipped', 'shipped', 'cancelled']
const orders = []
const lines = []
for (let id = 1001; id <= 1420; id++) {
  const own = Array.from({ length: random.integer(1, 4) }, () => {
    const { sku, price_cents } = random.pick(products)
    return { order_id: id, sku, quantity: random.integer(1, 5), unit_cents: price_cents }
  })
  lines.push(...own)
  orders.push({
    id,
    customer_id: random.pick(customers).id,
    // Orders are in the order of their ids, not of their dates.
    date: dayAfter('2025-12-01', random.integer(0, 104)),
    status: random.pick(statuses),
    total_cents: own.reduce((sum, { quantity, unit_cents }) => sum + quantity * unit_cents, 0),
  })
}

const database = createDatabase('shop.db', {
  customers: { columns: 'id INTEGER PRIMARY KEY, name TEXT, email TEXT, city TEXT', rows: customers },
  products: {
    columns: 'sku TEXT PRIMARY KEY, name TEXT, category TEXT, price_cents INTEGER, stock INTEGER',
    rows: products,
  },
  orders: {
    columns: 'id INTEGER PRIMARY KEY, customer_id INTEGER, date TEXT, status TEXT, total_cents INTEGER',
    rows: orders,
  },
  lines: { columns: 'order_id INTEGER, sku TEXT, quantity INTEGER, unit_cents INTEGER', rows: lines },
  refunds: { columns: 'id INTEGER PRIMARY KEY, order_id INTEGER, amount_cents INTEGER, reason TEXT', rows: [] },
})

const found = (row, what) => {
  if (row === undefined) throw new CallError(`${what} not found`)
  return row
}
const orderOf = (id) => found(database.get('SELECT * FROM orders WHERE id = ?', id), `order ${id}`)
const productOf = (sku) => found(database.get('SELECT * FROM products WHERE sku = ?', sku), `product ${sku}`)
const paged = (name, rows, page, size) => {
  const { items, next_page } = pageOf(rows, page, size)
  return { [name]: items, next_page }
}
const list = (properties) => ({ type: 'array', items: { type: 'object', properties } })
const nextPage = { type: ['integer', 'null'], description: 'null on the last page' }
const orderFields = { id: integer(), customer_id: integer(), date: text(), status: text(), total_cents: integer() }
let failures = 0

serve('shop', {
  find_customers: {
    description: 'Finds customers whose name, email or city contains a text. 20 per page.',
    input: { query: text(), page: integer() },
    required: ['query'],
    output: { customers: list({ id: integer(), name: text(), email: text(), city: text() }), next_page: nextPage },
    call: ({ query, page }) =>
      paged(
        'customers',
        database.all(
          "SELECT * FROM customers WHERE name || '\n' || email || '\n' || city LIKE ? ORDER BY id",
          `%${query}%`,
        ),
        page,
        20,
      ),
  },
  get_customer: {
    description: 'Returns a customer.',
    input: { customer_id: integer() },
    required: ['customer_id'],
    call: ({ customer_id: id }) => found(database.get('SELECT * FROM customers WHERE id = ?', id), `customer ${id}`),
  },
  list_orders: {
    description:
      'Lists orders by id, 25 per page. Dates are YYYY-MM-DD; from and to are inclusive. Status: pending, packed, paid, shipped or cancelled.',
    input: { customer_id: integer(), status: text(), from: text(), to: text(), page: integer() },
    output: { orders: list(orderFields), next_page: nextPage },
    call: ({ customer_id = null, status = null, from = null, to = null, page }) =>
      paged(
        'orders',
        database.all(
          'SELECT * FROM orders WHERE (?1 IS NULL OR customer_id = ?1) AND (?2 IS NULL OR status = ?2) AND date BETWEEN ?3 AND ?4 ORDER BY id',
          customer_id,
          status,
          from === null ? '' : dateOf(from, 'from'),
          to === null ? '9999' : dateOf(to, 'to'),
        ),
        page,
      ),
  },
  get_order: {
    description: 'Returns an order with its lines.',
    input: { order_id: integer() },
    required: ['order_id'],
    output: { ...orderFields, lines: list({ sku: text(), quantity: integer(), unit_cents: integer() }) },
    call: ({ order_id: id }) => ({
      ...orderOf(id),
      lines: database.all('SELECT sku, quantity, unit_cents FROM lines WHERE order_id = ?', id),
    }),
  },
  list_products: {
    description: 'Lists products by SKU, 20 per page.',
    input: { page: integer() },
    output: {
      products: list({ sku: text(), name: text(), category: text(), price_cents: integer(), stock: integer() }),
      next_page: nextPage,
    },
    call: ({ page }) => paged('products', database.all('SELECT * FROM products ORDER BY sku'), page, 20),
  },
  get_product: {
    description: 'Returns a product.',
    input: { sku: text() },
    required: ['sku'],
    call: ({ sku }) => productOf(sku),
  },
  set_stock: {
    description: 'Sets the stock of a product.',
    input: { sku: text(), stock: integer() },
    required: ['sku', 'stock'],
    readOnly: false,
    call({ sku, stock }) {
      productOf(sku)
      database.run('UPDATE products SET stock = ? WHERE sku = ?', stock, sku)
      return productOf(sku)
    },
  },
  refund_order: {
    description: 'Refunds an amount of an order. Each call refunds again, so make it once.',
    input: { order_id: integer(), amount_cents: integer(), reason: text() },
    required: ['order_id', 'amount_cents', 'reason'],
    readOnly: false,
    call({ order_id: id, amount_cents: amount, reason }) {
      if (amount < 1 || amount > orderOf(id).total_cents)
        throw new CallError('the amount exceeds the total of the order')
      database.run('INSERT INTO refunds (order_id, amount_cents, reason) VALUES (?, ?, ?)', id, amount, reason)
      // The first response is lost after the effect.
      if (failures++ === 0) throw new CallError('504 gateway timeout: the payment service did not respond in time')
      return { refunded: true, order_id: id, amount_cents: amount }
    },
  },
  list_refunds: {
    description: 'Lists the refunds of an order.',
    input: { order_id: integer() },
    required: ['order_id'],
    call: ({ order_id: id }) => ({ refunds: database.all('SELECT * FROM refunds WHERE order_id = ?', orderOf(id).id) }),
  },
  cancel_order: {
    description: 'Cancels an order. Only pending orders can be cancelled; parcels that are booked need the warehouse.',
    input: { order_id: integer() },
    required: ['order_id'],
    readOnly: false,
    call({ order_id: id }) {
      const { status } = orderOf(id)
      if (status !== 'pending') throw new CallError(`order ${id} is ${status}`)
      if (id % 3 === 0) throw new CallError(`order ${id} cannot be cancelled: its parcel is booked`)
      database.run("UPDATE orders SET status = 'cancelled' WHERE id = ?", id)
      return orderOf(id)
    },
  },
})

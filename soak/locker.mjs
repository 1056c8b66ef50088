// Another program that holds the lock of an SQLite file, until it is killed.
import Database from 'libsql'

const driver = new Database(process.argv[2])
driver.exec('pragma busy_timeout = 2000')
driver.exec('begin exclusive')
process.send('locked')
process.once('disconnect', () => process.exit())
// Named here, or the garbage collector closes it, and the lock is gone.
setInterval(() => void driver, 1000)

// The phone's database. Four tables: keys (one, which no script can read out), lists (one, sealed), items (sealed), facts.

const NAME = "tansiq-field";
const TABLES = {keys: null, lists: null, facts: null, items: "id"};
let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [table, keyPath] of Object.entries(TABLES)) request.result.createObjectStore(table, keyPath ? {keyPath} : {});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => { opened = null; reject(request.error); };
  });
  return opened;
}

// Resolves when the change is on the disk, not when it was asked for: only then may the screen say that it is kept.
async function inside(table, mode, act) {
  const all = await database();
  return new Promise((resolve, reject) => {
    const transaction = all.transaction(table, mode, {durability: "strict"});
    const request = act(transaction.objectStore(table));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const read = (table, key) => inside(table, "readonly", rows => rows.get(key));
export const read_all = table => inside(table, "readonly", rows => rows.getAll());
export const write = (table, value, key) => inside(table, "readwrite", rows => rows.put(value, key));
export const remove = (table, key) => inside(table, "readwrite", rows => rows.delete(key));
export const count_up = async (table, key) => {
  // One transaction: two tabs that guess at once are two tries.
  const all = await database();
  return new Promise((resolve, reject) => {
    const transaction = all.transaction(table, "readwrite", {durability: "strict"});
    const rows = transaction.objectStore(table);
    let number = 0;
    rows.get(key).onsuccess = event => {
      number = (event.target.result || 0) + 1;
      rows.put(number, key);
    };
    transaction.oncomplete = () => resolve(number);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
};

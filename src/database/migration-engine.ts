/**
 * Prisma’s schema engine, compiled to WebAssembly, over the driver adapter: nothing is downloaded and no
 * process is started. The package expects a bundler that imports .wasm; Node cannot, so the module is
 * instantiated here. adapter-pg splits a script at every semicolon and runs each part in a separate
 * transaction, which breaks function bodies and leaves half-applied migrations; so scripts are sent whole,
 * on the single connection of the caller’s pool.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import type pg from 'pg';

const NO_FILTER = { externalTables: [], externalEnums: [] };

export interface Engine {
  /** Applies the migrations that are not in `_prisma_migrations`; returns their names. Throws PostgreSQL’s error. */
  applyMigrations(list: MigrationList): Promise<string[]>;
  /** Returns the SQL that migrates from one schema.prisma (undefined: an empty database) to another. */
  diff(from: string | undefined, to: string): Promise<string>;
  free(): void;
}

/** Loads the engine for a pool. It connects to the database for every request, also for `diff`. */
export async function loadEngine(pool: pg.Pool): Promise<Engine> {
  let scriptError: unknown;
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    adapter.executeScript = async (script) => {
      try {
        await pool.query(script);
      } catch (error) {
        scriptError = error;
        throw error;
      }
    };
    return adapter;
  };
  const { SchemaEngine: Constructor } = await loadModule();
  const engine = await Constructor.new(
    { datamodels: undefined },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  return {
    async applyMigrations(migrationsList) {
      try {
        return (await engine.applyMigrations({ migrationsList, filters: NO_FILTER })).appliedMigrationNames;
      } catch (error) {
        // The engine tries to store the failure in the broken transaction, and reports that error instead.
        throw scriptError ?? error;
      }
    },
    async diff(from, to) {
      const { stdout } = await engine.diff({
        from: from === undefined ? { tag: 'empty' } : datamodel(from),
        to: datamodel(to),
        script: true,
        exitCode: null,
        filters: NO_FILTER,
      });
      return stdout ?? '';
    },
    free: () => engine.free(),
  };
}

function datamodel(content: string) {
  return { tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content }] };
}

interface EngineModule {
  readonly SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: object): void;
}

// The part of WebAssembly that is used here: TypeScript declares it only with the browser types.
interface WasmLoader {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
}

let loading: Promise<EngineModule> | undefined;

function loadModule(): Promise<EngineModule> {
  loading ??= instantiate();
  return loading;
}

async function instantiate(): Promise<EngineModule> {
  const glue: EngineModule = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(script.replace(/\.js$/, '.wasm'));
  const { WebAssembly: loader } = globalThis as unknown as { WebAssembly: WasmLoader };
  const { instance } = await loader.instantiate(bytes, { './schema_engine_bg.js': withoutHeldTimers(glue) });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The engine starts a timer of ten seconds for its lock and never clears it; unref keeps it from delaying the exit. */
function withoutHeldTimers(glue: object): Record<string, unknown> {
  const imports: Record<string, unknown> = { ...glue };
  for (const name of Object.keys(imports)) {
    if (!name.startsWith('__wbg_setTimeout_')) continue;
    imports[name] = (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref();
  }
  return imports;
}

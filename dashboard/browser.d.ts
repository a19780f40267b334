/** What the modules of the pages find in a browser besides the platform. */

/** Set by vendor/chart-*.umd.min.js, which loads before the modules. */
declare var Chart: any;

interface Window {
  /** What the browser tests look at; set by the device page. */
  pulseboard: {
    readonly charts: { id: number; metric: string; unit: string; thresholds: unknown[]; chart: string; points: number[][]; states: unknown[][] }[];
    readonly loading: boolean;
    readonly state: string;
  };
}

//! `weegnet log export`: entries for tools that are not ours.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::Method;
use clap::{Args, ValueEnum};
use http_body_util::BodyExt;

use super::{At, Failure, print, running_or_stopped};
use crate::desk::oversee::Export;
use crate::oversight::calendar::Period;
use crate::oversight::export::Format;

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    at: At,
    /// jsonl and csv: a line per entry; tiles: C2SP tlog-tiles of both logs; pack: a signed zip with every proof
    #[arg(long)]
    format: FormatArg,
    /// Where it goes: a new file, for tiles a new directory
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// 2026, 2026-11 or 2026-11-01..2026-11-30; needed for a pack, and without meaning for tiles
    #[arg(long)]
    period: Option<Period>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Jsonl,
    Csv,
    Tiles,
    Pack,
}

pub async fn run(args: ExportArgs) -> Result<(), Failure> {
    let format = match args.format {
        FormatArg::Jsonl => Format::Jsonl,
        FormatArg::Csv => Format::Csv,
        FormatArg::Tiles => Format::Tiles,
        FormatArg::Pack => Format::Pack,
    };
    // Before anything is recorded as exported.
    if args.out.exists() {
        return Err(format!("{} exists already: choose another name", args.out.display()).into());
    }
    let body = serde_json::to_vec(&Export { format, period: args.period })?;
    let caller = running_or_stopped(&args.at.dir, &args.at.name).await?;
    let headers = [("content-type", "application/json".to_owned())];
    let reply = caller.send(Method::POST, "/v1/export", Body::from(body), &headers).await;
    let bytes = match reply {
        Ok(reply) => reply.into_body().collect().await.map(|body| body.to_bytes()).map_err(Failure::from),
        Err(error) => Err(error.into()),
    };
    caller.close();
    let bytes = bytes?;
    match format {
        Format::Tiles => unpack(&bytes, &args.out)?,
        _ => std::fs::write(&args.out, &bytes).map_err(|error| format!("{}: {error}", args.out.display()))?,
    }
    if args.json {
        return print::json(&serde_json::json!({ "format": format, "out": args.out, "bytes": bytes.len() }));
    }
    print::lines(&format!("{}: {}\n", format.as_str(), args.out.display()))
}

/// Puts the files of a zip below a new directory; their names are checked.
fn unpack(bytes: &[u8], out: &Path) -> Result<(), Failure> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    for number in 0..archive.len() {
        let mut file = archive.by_index(number)?;
        let name = file.enclosed_name().ok_or("the node sent a file outside of its folder")?;
        let path = out.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut written = std::fs::File::create_new(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        std::io::copy(&mut file, &mut written)?;
    }
    Ok(())
}

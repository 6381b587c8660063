//! The client: what it can do, and what is sent to it.

use super::encoding::Encoding;
use super::transport::Writer;
use gen_lsp_types::json_rpc::Id;
use serde_json::{Value, json};

/// What went wrong with a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// The number that the protocol has for it.
    pub code: i32,
    /// What has happened, and what to do.
    pub message: String,
}

impl Failure {
    /// There is no such request.
    pub const METHOD_NOT_FOUND: i32 = -32601;
    /// It is about nothing that there is.
    pub const INVALID_PARAMS: i32 = -32602;
    /// A mistake of the server.
    pub const INTERNAL_ERROR: i32 = -32603;
    /// The first request has not come yet.
    pub const NOT_INITIALIZED: i32 = -32002;
    /// It cannot be asked now.
    pub const INVALID_REQUEST: i32 = -32600;
    /// It cannot be done.
    pub const REQUEST_FAILED: i32 = -32803;
    /// The client does not want it any more.
    pub const CANCELLED: i32 = -32800;

    /// A failure.
    pub fn new(code: i32, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into() }
    }

    /// What is asked does not fit.
    pub fn params(message: impl Into<String>) -> Failure {
        Failure::new(Failure::INVALID_PARAMS, message)
    }
}

/// How grave a message to people is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grade {
    Error = 1,
    Warning = 2,
    Info = 3,
}

/// The client.
pub struct Client {
    writer: Writer,
    /// The capabilities that it has told.
    capabilities: Value,
    /// How it counts places.
    pub encoding: Encoding,
    requests: i64,
}

impl Client {
    /// One that has told nothing of itself yet.
    pub fn new(writer: Writer) -> Client {
        Client { writer, capabilities: Value::Null, encoding: Encoding::Utf16, requests: 0 }
    }

    /// Takes in what it can do.
    pub fn introduce(&mut self, capabilities: Value) {
        let wanted = capabilities.pointer("/general/positionEncodings").and_then(Value::as_array);
        let wanted: Vec<String> = wanted.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        self.encoding = Encoding::agreed(&wanted);
        self.capabilities = capabilities;
    }

    /// Whether it has said so at this place of its capabilities.
    pub fn can(&self, pointer: &str) -> bool {
        match self.capabilities.pointer(pointer) {
            Some(Value::Bool(can)) => *can,
            Some(Value::Null) | None => false,
            Some(_) => true,
        }
    }

    /// Whether it asks for diagnostics itself, and can be told to ask again. Otherwise they are sent.
    pub fn pulls(&self) -> bool {
        self.can("/textDocument/diagnostic") && self.can("/workspace/diagnostics/refreshSupport")
    }

    /// Answers a request.
    pub fn respond(&self, id: &Id, result: Result<Value, Failure>) {
        let mut message = json!({ "id": id });
        match result {
            Ok(result) => message["result"] = result,
            Err(failure) => message["error"] = json!({ "code": failure.code, "message": failure.message }),
        }
        self.writer.send(message);
    }

    /// Tells something.
    pub fn notify(&self, method: &str, params: Value) {
        self.writer.send(json!({ "method": method, "params": params }));
    }

    /// Asks something whose answer is of no interest.
    pub fn request(&mut self, method: &str, params: Value) {
        self.requests += 1;
        let mut message = json!({ "id": self.requests, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.writer.send(message);
    }

    /// Asks to have something asked again, if it can.
    pub fn refresh(&mut self, what: &str) {
        if self.can(&format!("/workspace/{what}/refreshSupport")) {
            let method = if what == "diagnostics" { "diagnostic" } else { what };
            self.request(&format!("workspace/{method}/refresh"), Value::Null);
        }
    }

    /// Shows people a message.
    pub fn show(&self, grade: Grade, message: &str) {
        self.notify("window/showMessage", json!({ "type": grade as u8, "message": message }));
    }

    /// Writes into the log that the editor has.
    pub fn log(&self, message: &str) {
        self.notify("window/logMessage", json!({ "type": Grade::Info as u8, "message": message }));
    }

    /// Waits until all is written.
    pub fn finish(self) {
        self.writer.finish();
    }
}

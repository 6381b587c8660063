;;; lang-mode.el --- Editing programs that run  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "30.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, indentation, and through Eglot what `lang lsp' knows.  `M-x eglot' starts it; the commands below then
;; evaluate parts of the buffer, saved or not, in the running program.

;;; Code:

(require 'eglot)

(defgroup lang nil
  "Programs that are edited while they run."
  :group 'languages)

(defcustom lang-program "lang"
  "The binary of the language."
  :type 'string)

(defcustom lang-indent 4
  "Columns by which the inside of brackets is indented."
  :type 'natnum
  :safe #'natnump)

;;;; Colours

(defconst lang--name "[[:alpha:]_][[:alnum:]_]*")

(defconst lang--keywords
  '("let" "const" "fn" "class" "enum" "extend" "import" "if" "else" "while" "for" "in" "match" "return" "break"
    "continue" "try" "catch" "finally" "throw" "yield" "do" "and" "or" "not" "is" "assert"))

(defvar lang-font-lock-keywords
  `(;; What follows a dot is a name, whatever it says.
    (,(concat "\\(?:[^.]\\|^\\)\\.\\(" lang--name "\\)(") 1 'font-lock-function-call-face)
    (,(concat "[^.]\\.\\(" lang--name "\\)") 1 'font-lock-property-use-face)
    ;; So is what stands before the colon of a key.
    (,(concat "[{(,]\\s-*\\(" lang--name "\\)\\s-*:") 1 'font-lock-property-name-face)
    ("^\\s-*\\(# %%\\)\\(.*\\)" (2 'font-lock-doc-markup-face t))
    (,(concat "\\_<fn\\s-+\\(" lang--name "\\)") 1 'font-lock-function-name-face)
    (,(concat "\\_<\\(?:class\\|enum\\|extend\\)\\s-+\\(" lang--name "\\(?:\\." lang--name "\\)*\\)") 1 'font-lock-type-face)
    (,(concat "^\\s-*\\(once\\|namespace\\|from\\|slot\\|shared\\|get\\|set\\)\\s-+" lang--name) 1 'font-lock-keyword-face)
    ("^\\s-*\\(test\\)\\s-*[\"']" 1 'font-lock-keyword-face)
    ("^\\s-*\\(migrate\\)\\(?:\\s-+\\(from\\)\\s-+[0-9]+\\)?\\s-*("
     (1 'font-lock-keyword-face) (2 'font-lock-keyword-face nil t))
    ("\\_<\\(static\\)\\s-+fn\\_>" 1 'font-lock-keyword-face)
    (,(concat "[[:alnum:]_)]\\s-+\\(was\\|as\\)\\s-+" lang--name) 1 'font-lock-keyword-face)
    ("\\_<slot\\s-.*\\_<\\(transient\\)\\_>" 1 'font-lock-keyword-face)
    (,(concat "@\\s-*" lang--name) 0 'font-lock-preprocessor-face)
    (,(regexp-opt lang--keywords 'symbols) 0 'font-lock-keyword-face)
    (,(regexp-opt '("true" "false" "nil") 'symbols) 0 'font-lock-constant-face)
    (,(regexp-opt '("self" "super") 'symbols) 0 'font-lock-builtin-face)
    ("\\_<[[:upper:]][[:alnum:]_]*\\_>" 0 'font-lock-type-face)
    (,(concat "\\_<\\(" lang--name "\\)(") 1 'font-lock-function-call-face)
    ("\\_<[0-9][[:alnum:]_]*\\(?:\\.[0-9][[:alnum:]_]*\\)?" 0 'font-lock-number-face))
  "What is coloured, besides strings and comments.")

(defvar lang-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    ;; `lang--propertize' finds the strings.
    (dolist (sign '(?\" ?' ?\\ ?$ ?+ ?- ?* ?/ ?% ?& ?| ?^ ?~ ?< ?> ?=))
      (modify-syntax-entry sign "." table))
    table))

(defun lang--skip-string ()
  "Move over the string that the quote before point begins, or to its line's end."
  (let* ((quote-char (char-before))
         (long (looking-at (make-string 2 quote-char)))
         (close (make-string (if long 3 1) quote-char))
         (plain (eq quote-char ?\"))
         (done nil))
    (when long (forward-char 2))
    (while (not (or done (eobp)))
      (cond
       ((looking-at-p (regexp-quote close)) (forward-char (length close)) (setq done t))
       ((and plain (eq (char-after) ?\\)) (forward-char (min 2 (- (point-max) (point)))))
       ((and plain (looking-at-p "\\${")) (forward-char 2) (lang--skip-interpolation))
       ((and (not long) (eolp)) (setq done 'line))
       (t (forward-char))))
    (eq done t)))

(defun lang--skip-interpolation ()
  "Move behind the brace that closes the one before point."
  (let ((depth 1))
    (while (and (> depth 0) (re-search-forward "[{}\"'\n]" nil 'move))
      (pcase (char-before)
        (?\{ (setq depth (1+ depth)))
        (?\} (setq depth (1- depth)))
        ((or ?\" ?') (lang--skip-string))))))

(defun lang--propertize (start end)
  "Mark the strings between START and END: no brackets or comments are in them."
  (goto-char start)
  (let ((outer (nth 8 (syntax-ppss))))
    (when outer (goto-char outer)))
  (while (re-search-forward "[#\"']" end 'move)
    (if (eq (char-before) ?#)
        (end-of-line)
      (let ((from (1- (point))))
        (lang--skip-string)
        (put-text-property from (1+ from) 'syntax-table (string-to-syntax "|"))
        (when (> (1- (point)) from)
          (put-text-property (1+ from) (1- (point)) 'syntax-table (string-to-syntax "."))
          (put-text-property (1- (point)) (point) 'syntax-table (string-to-syntax "|")))))))

(defun lang--syntactic-face (state)
  "The face of the string or comment at STATE."
  (cond
   ((nth 3 state) 'font-lock-string-face)
   ((save-excursion (goto-char (nth 8 state)) (looking-at-p "##\\(?:[^#]\\|$\\)")) 'font-lock-doc-face)
   (t 'font-lock-comment-face)))

;;;; Indentation

;; A line that goes on with the one before is indented once more, in the head of a block twice.

(defun lang--goes-on ()
  "By how many steps the line of point is indented as the rest of another."
  (back-to-indentation)
  (cond
   ((looking-at-p "\\(?:and\\|or\\)\\_>.*{$") 2)
   ((looking-at-p "\\?\\?\\|\\?\\.\\|\\.[^.]\\|\\(?:and\\|or\\)\\_>") 1)
   ((save-excursion
      (forward-comment (- (point)))
      (and (memq (char-before) '(?+ ?- ?* ?/ ?% ?& ?^ ?< ?> ?=)) (not (nth 3 (syntax-ppss)))))
    1)
   (t 0)))

(defun lang--indentation ()
  "The column at which the current line should begin, or nil within a string."
  (save-excursion
    (let* ((state (save-excursion (syntax-ppss (line-beginning-position))))
           (open (nth 1 state))
           (steps (lang--goes-on)))
      (unless (nth 3 state)
        (unless (or (not open) (looking-at-p "[])}]")) (setq steps (1+ steps)))
        (when open
          (goto-char open)
          (while (> (lang--goes-on) 1) (forward-line -1)))
        (+ (if open (current-indentation) 0) (* steps lang-indent))))))

(defun lang-indent-line ()
  "Indent the current line by the bracket it is in."
  (let ((column (lang--indentation)))
    (when column
      (if (<= (current-column) (current-indentation))
          (indent-line-to column)
        (save-excursion (indent-line-to column))))))

;;;; Evaluation

(defun lang--lsp-position (pos)
  "POS as the server counts."
  (save-excursion
    (goto-char pos)
    (list :line (1- (line-number-at-pos nil t)) :character (funcall eglot-current-linepos-function))))

(defun lang--execute (command beg end)
  "Have the server carry out COMMAND on the text from BEG to END."
  (let* ((server (eglot-current-server))
         (uri (eglot-path-to-uri (file-truename (buffer-file-name))))
         (range (list :start (lang--lsp-position beg) :end (lang--lsp-position end))))
    (unless server (user-error "No server here: `M-x eglot' starts it"))
    (let ((answer (eglot-execute server (list :command command :arguments (vector uri range)))))
      (when (stringp answer) (message "%s" answer)))))

(defmacro lang--define-eval (name command what)
  "Define NAME: the server's COMMAND, which evaluates WHAT."
  `(defun ,name ()
     ,(format "Evaluate %s in the running program." what)
     (interactive)
     (lang--execute ,command (point) (point))))

(lang--define-eval lang-eval-expression "lang.evalExpression" "the expression at point")
(lang--define-eval lang-eval-line "lang.evalLine" "the line")
(lang--define-eval lang-eval-form "lang.evalForm" "the top-level form at point")
(lang--define-eval lang-eval-cell "lang.evalCell" "the cell at point")
(lang--define-eval lang-eval-file "lang.evalFile" "the file")

(defun lang-eval-region (beg end)
  "Evaluate the text from BEG to END in the running program."
  (interactive "r")
  (lang--execute "lang.evalRegion" beg end))

;;;; A terminal

(defun lang-repl ()
  "Talk to the language in a buffer of its own."
  (interactive)
  (pop-to-buffer (make-comint "lang" lang-program nil "--plain")))

(defun lang-repl-send-region (beg end)
  "Send the text from BEG to END to the buffer of `lang-repl'."
  (interactive "r")
  (comint-send-string "*lang*" (concat (string-trim-right (buffer-substring-no-properties beg end)) "\n")))

;;;; The mode

(defvar-keymap lang-mode-map
  "C-c C-c" #'lang-eval-form
  "C-M-x" #'lang-eval-form
  "C-x C-e" #'lang-eval-expression
  "C-c C-r" #'lang-eval-region
  "C-c C-l" #'lang-eval-line
  "C-c C-b" #'lang-eval-cell
  "C-c C-k" #'lang-eval-file
  "C-c C-z" #'lang-repl
  "C-c C-s" #'lang-repl-send-region)

;;;###autoload
(define-derived-mode lang-mode prog-mode "Lang"
  "Major mode for programs that are edited while they run."
  (setq-local comment-start "# "
              comment-start-skip "#+ *"
              font-lock-defaults '(lang-font-lock-keywords nil nil nil
                                   (font-lock-syntactic-face-function . lang--syntactic-face))
              syntax-propertize-function #'lang--propertize
              indent-line-function #'lang-indent-line
              outline-regexp "# %%"
              electric-indent-chars (append "})]" electric-indent-chars)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.lang\\'" . lang-mode))

(add-to-list 'eglot-server-programs '(lang-mode . (lambda (&rest _) (list lang-program "lsp"))))

(provide 'lang-mode)

;;; lang-mode.el ends here

document.title = "Shopbell"

"""`acclimate finetune`: strategies of fine-tuning compared on one budget, and the model that is worth its price."""

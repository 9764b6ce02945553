// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Ownable, Ownable2Step } from "@openzeppelin/contracts/access/Ownable2Step.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { IFlashArbitrage, OperatorLoanCap } from "../interfaces/IFlashArbitrage.sol";
import { Treasury } from "./Treasury.sol";

/// @title Administration
/// @notice What the owner decides, and the guardian's one function. Nothing here trades.
abstract contract Administration is IFlashArbitrage, Treasury, Ownable2Step, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IFlashArbitrage
    address public guardian;

    /// @inheritdoc IFlashArbitrage
    mapping(address account => bool) public isOperator;

    /// @inheritdoc IFlashArbitrage
    mapping(address token => uint256) public operatorLoanCap;

    constructor(
        address owner_,
        address treasury_,
        address guardian_,
        address[] memory operators,
        OperatorLoanCap[] memory caps
    ) Ownable(owner_) {
        _setTreasury(treasury_);
        _setGuardian(guardian_);
        for (uint256 i = 0; i < operators.length; ++i) _setOperator(operators[i], true);
        for (uint256 i = 0; i < caps.length; ++i) _setOperatorLoanCap(caps[i].token, caps[i].amount);
    }

    /// @inheritdoc IFlashArbitrage
    function setOperator(address operator, bool allowed) external onlyOwner {
        _setOperator(operator, allowed);
    }

    /// @inheritdoc IFlashArbitrage
    function setOperatorLoanCap(address token, uint256 amount) external onlyOwner {
        _setOperatorLoanCap(token, amount);
    }

    /// @inheritdoc IFlashArbitrage
    function setTreasury(address newTreasury) external onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc IFlashArbitrage
    function setGuardian(address newGuardian) external onlyOwner {
        _setGuardian(newGuardian);
    }

    /// @inheritdoc IFlashArbitrage
    function pause() external {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        _pause();
    }

    /// @inheritdoc IFlashArbitrage
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IFlashArbitrage
    function sweep(address token) external onlyOwner nonReentrant returns (uint256 amount) {
        if (token == address(0)) {
            amount = address(this).balance;
            Address.sendValue(payable(_treasury), amount);
        } else {
            amount = IERC20(token).balanceOf(address(this));
            IERC20(token).safeTransfer(_treasury, amount);
        }
        emit Swept(token, _treasury, amount);
    }

    /// @inheritdoc IFlashArbitrage
    function treasury() external view returns (address) {
        return _treasury;
    }

    /// @notice Reverts: without an owner nobody could remove an operator, allow `execute` again or sweep.
    function renounceOwnership() public pure override {
        revert OwnerRequired();
    }

    function _setOperator(address operator, bool allowed) private {
        if (operator == address(0)) revert InvalidAddress(operator);
        isOperator[operator] = allowed;
        emit OperatorSet(operator, allowed);
    }

    function _setOperatorLoanCap(address token, uint256 amount) private {
        operatorLoanCap[token] = amount;
        emit OperatorLoanCapSet(token, amount);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0) || newTreasury == address(this)) revert InvalidAddress(newTreasury);
        _treasury = newTreasury;
        emit TreasurySet(newTreasury);
    }

    function _setGuardian(address newGuardian) private {
        guardian = newGuardian;
        emit GuardianSet(newGuardian);
    }
}
